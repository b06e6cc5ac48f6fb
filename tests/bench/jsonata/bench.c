/* Times our evaluator: bench EXPRESSIONS DOCUMENT... prints "name<TAB>document<TAB>nanoseconds per evaluation".
 * Compiling and parsing the document are not counted, as in bench.js; printing the result is not either. It is
 * processor time, so that a busy machine matters less. */
#include "interpreter/expression/jsonata/jsonata.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now_ns(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void evaluate(const struct jsonata *program, const json_t *document, const char *name)
{
    json_t *value = NULL;
    struct jsonata_error error;
    static const struct jsonata_environment environment = {.steps_max = UINT64_MAX, .bytes_max = SIZE_MAX};
    if (jsonata_eval(program, document, NULL, &environment, &value, &error) == JSONATA_ERROR) {
        (void)fprintf(stderr, "%s: %s %s\n", name, error.code, error.message);
        exit(1);
    }
    json_decref(value);
}

/* The fastest of several rounds, each long enough to be measured. */
static double measure(const struct jsonata *program, const json_t *document, const char *name)
{
    double best = 1e18, started = now_ns();
    for (unsigned round = 0; round < 5 && (round < 2 || now_ns() - started < 2e9); round++) {
        unsigned count = 0;
        double start = now_ns(), elapsed;
        do {
            evaluate(program, document, name);
            count++;
            elapsed = now_ns() - start;
        } while (elapsed < 5e7);
        if (elapsed / count < best)
            best = elapsed / count;
    }
    return best;
}

static void run_line(char *line, const char *document_name, const json_t *document)
{
    char *tab = strchr(line, '\t');
    if (line[0] == '#' || !tab)
        return;
    *tab = '\0';
    char *expression = tab + 1;
    expression[strcspn(expression, "\n")] = '\0';
    struct jsonata_error error;
    struct jsonata *program = jsonata_compile(expression, strlen(expression), NULL, &error);
    if (!program) {
        (void)fprintf(stderr, "%s: %s\n", line, error.message);
        exit(1);
    }
    printf("%s\t%s\t%.0f\n", line, document_name, measure(program, document, line));
    (void)fflush(stdout);
    jsonata_free(program);
}

int main(int argc, char **argv)
{
    for (int i = 2; i < argc; i++) {
        json_t *document = json_load_file(argv[i], 0, NULL);
        FILE *expressions = fopen(argv[1], "r");
        char line[1024];
        if (!document || !expressions) {
            (void)fprintf(stderr, "usage: bench EXPRESSIONS DOCUMENT...\n");
            return 2;
        }
        while (fgets(line, sizeof line, expressions))
            run_line(line, argv[i], document);
        (void)fclose(expressions);
        json_decref(document);
    }
    return 0;
}
