/* Runs a fuzz target without libFuzzer: each file of the corpus folder as it is, cut short at every length (up to a
 * bound), and mutated from a fixed seed, so that a failure is the same for everybody. Prints the input that was being
 * tried when the process dies. */
#include "tests/fuzz/target.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { INPUT_BYTES_MAX = 1 << 16, CUTS_MAX = 2000, MUTATIONS = 10000 };

static unsigned char input[INPUT_BYTES_MAX];
static size_t input_size;
static uint64_t seed = 1;

static uint64_t draw(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static void show_input(int number)
{
    static const char digits[] = "0123456789abcdef";
    static const char title[] = "\nthe input, in hexadecimal: ";
    (void)!write(STDERR_FILENO, title, sizeof title - 1);
    for (size_t i = 0; i < input_size; i++)
        (void)!write(STDERR_FILENO, (const char[]){digits[input[i] >> 4], digits[input[i] & 15]}, 2);
    (void)!write(STDERR_FILENO, "\n", 1);
    signal(number, SIG_DFL);
    raise(number);
}

/* An exact copy, so that a sanitizer sees every byte read past its end. */
static void try_input(void)
{
    unsigned char *exact = malloc(input_size ? input_size : 1);
    if (!exact)
        abort();
    memcpy(exact, input, input_size);
    (void)LLVMFuzzerTestOneInput(exact, input_size);
    free(exact);
}

static void mutate(void)
{
    for (uint64_t changes = 1 + draw() % 4; changes > 0 && input_size > 0; changes--) {
        size_t at = draw() % input_size, length = 1 + draw() % 8;
        length = length > input_size - at ? input_size - at : length;
        switch (draw() % 5) {
        case 0:
            input[at] = (unsigned char)draw();
            break;
        case 1:
            input[at] ^= (unsigned char)(1u << draw() % 8);
            break;
        case 2: /* remove some */
            memmove(input + at, input + at + length, input_size - at - length);
            input_size -= length;
            break;
        case 3: /* repeat some */
            if (input_size + length <= sizeof input) {
                memmove(input + at + length, input + at, input_size - at);
                input_size += length;
            }
            break;
        default: /* copy some elsewhere */
            memmove(input + draw() % (input_size - length + 1), input + at, length);
        }
    }
}

static void try_file(const unsigned char *bytes, size_t size)
{
    memcpy(input, bytes, size);
    for (size_t cut = 0; cut <= size && cut < CUTS_MAX; cut++) {
        input_size = size - cut;
        try_input();
    }
    for (unsigned i = 0; i < MUTATIONS; i++) {
        memcpy(input, bytes, size);
        input_size = size;
        mutate();
        try_input();
    }
}

int main(int argc, char **argv)
{
    static unsigned char bytes[INPUT_BYTES_MAX];
    unsigned files = 0;
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    if (!folder) {
        fprintf(stderr, "usage: %s CORPUS-FOLDER\n", argv[0]);
        return 2;
    }
    signal(SIGABRT, show_input);
    signal(SIGSEGV, show_input);
    for (const struct dirent *entry; (entry = readdir(folder));) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        FILE *file = *entry->d_name == '.' ? NULL : fopen(path, "rb");
        if (!file)
            continue;
        size_t size = fread(bytes, 1, sizeof bytes, file);
        fclose(file);
        seed = 1; /* a file's mutations do not depend on the other files */
        try_file(bytes, size);
        files++;
    }
    closedir(folder);
    printf("%u files, each with its truncations and %d mutations\n", files, MUTATIONS);
    return files > 0 ? 0 : 1;
}
