/* Torn or corrupt? Every byte flipped, every length cut, every sector lost. [D5] [D6] [D7] [D8] */
#include "interpreter/journal/verify.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

/* A journal as a writer leaves it, with the boundaries of its groups. */
struct image {
    struct dr_text text;
    size_t ends[64]; /* ends[n]: of commit n */
    unsigned commits;
    unsigned durable; /* the newest synced one */
    struct dr_chain chain;
};

static void image_start(struct image *image)
{
    *image = (struct image){0};
    dr_chain_start(&image->chain);
}

static void image_add(struct image *image, const char *records, bool sync)
{
    dr_chain_feed(&image->chain, records, strlen(records));
    dr_text_puts(&image->text, records);
    dr_chain_commit(&image->chain, image->durable, &image->text);
    image->ends[++image->commits] = image->text.size;
    if (sync)
        image->durable = image->commits;
}

/* Records of many sizes, so that groups begin and end all over the sectors. */
static void image_fill(struct image *image, unsigned groups, unsigned seed, bool sync)
{
    struct dr_text records = {0};
    for (unsigned i = 0; i < groups; i++) {
        dr_text_clear(&records);
        if (image->commits == 0)
            dr_text_puts(&records, "{\"k\":\"start\",\"format\":1,\"input\":{\"k\":\"commit\",\"n\":1}}\n");
        for (unsigned j = 0; j <= (seed + i) % 3; j++)
            dr_text_printf(&records, "{\"k\":\"enter\",\"i\":%u,\"text\":\"a\\n%*s\"}\n", i,
                           (int)((seed * 37 + i * 101 + j * 7) % 400), "z");
        image_add(image, records.bytes, sync);
    }
    dr_text_done(&records);
}

static void image_pad(struct image *image, char padding)
{
    do
        dr_text_putc(&image->text, padding);
    while (image->text.size % 4096 != 0);
}

static struct dr_verified verify(const char *bytes, size_t size)
{
    struct dr_bytes_source source = {.memory = size ? bytes : "", .size = size};
    struct dr_verified verified = {0};
    assert_true(dr_verify(&source, &verified));
    assert_int_equal(verified.end <= size, true);
    return verified;
}

static void test_an_intact_journal_is_clean(void **state)
{
    (void)state;
    for (int pad = 0; pad < 3; pad++) {
        struct image image;
        image_start(&image);
        image_fill(&image, 20, 1, true);
        if (pad > 0)
            image_pad(&image, pad == 1 ? '\n' : 0);
        struct dr_verified found = verify(image.text.bytes, image.text.size);
        assert_int_equal(found.tail, DR_TAIL_CLEAN);
        assert_int_equal(found.torn_bytes, 0);
        assert_int_equal(found.bytes, image.ends[20]);
        assert_int_equal(found.chain.commits, 20);
        assert_int_equal(found.end, image.text.size);
        dr_text_done(&image.text);
    }
    assert_int_equal(verify("", 0).tail, DR_TAIL_CLEAN);
    assert_int_equal(verify("\n\n\n", 3).tail, DR_TAIL_CLEAN);
}

static bool is_refused(const struct dr_verified *found)
{
    return found->tail == DR_TAIL_CORRUPT || found->tail == DR_TAIL_NEWER;
}

static void flip_each_byte(struct image *image, size_t from)
{
    static const unsigned char masks[] = {1, 2, 4, 8, 16, 32, 64, 128, 0xff, 0x55};
    size_t committed = image->ends[image->commits];
    for (size_t i = from; i < image->text.size; i++) {
        for (size_t m = 0; m < sizeof masks; m++) {
            image->text.bytes[i] = (char)(image->text.bytes[i] ^ masks[m]);
            struct dr_verified found = verify(image->text.bytes, image->text.size);
            if (i < committed && !is_refused(&found))
                fail_msg("byte %zu of %zu ^ %02x: not refused (verdict %d, %zu bytes)", i, committed, masks[m],
                         found.tail, (size_t)found.bytes);
            if (found.tail == DR_TAIL_CORRUPT)
                assert_true(found.corrupt_offset <= i && found.corrupt_offset >= found.bytes);
            if (i >= committed)
                assert_int_equal(found.bytes, committed);
            image->text.bytes[i] = (char)(image->text.bytes[i] ^ masks[m]);
        }
    }
}

/* [D7] */
static void test_a_flipped_byte_anywhere_is_refused(void **state)
{
    (void)state;
    for (int pad = 0; pad < 3; pad++) {
        for (unsigned seed = 0; seed < 4; seed++) {
            struct image image;
            image_start(&image);
            image_fill(&image, 5, seed, seed % 2 == 0);
            if (pad > 0)
                image_pad(&image, pad == 1 ? '\n' : 0);
            if (pad > 0) /* the padding itself: a few bytes of it tell */
                image.text.size = image.ends[5] + 3 > image.text.size ? image.text.size : image.ends[5] + 3;
            flip_each_byte(&image, 0);
            dr_text_done(&image.text);
        }
    }
}

/* The last group, where torn and corrupt are nearest, at every place within a sector. */
static void test_a_flipped_byte_in_the_last_group_is_refused_wherever_it_stands(void **state)
{
    (void)state;
    for (unsigned shift = 0; shift < DR_SECTOR; shift += 7) {
        struct image image;
        struct dr_text first = {0};
        dr_text_printf(&first, "{\"k\":\"start\",\"pad\":\"%*s\"}\n", (int)shift + 1, "");
        image_start(&image);
        image_add(&image, first.bytes, true);
        image_add(&image, "{\"k\":\"a\"}\n{\"k\":\"b\"}\n", true);
        image_pad(&image, '\n');
        image.text.size = image.ends[2] + 2;
        flip_each_byte(&image, image.ends[1]);
        dr_text_done(&image.text);
        dr_text_done(&first);
    }
}

/* [D6] Appended and cut at any byte: torn, and all that was committed before is kept. */
static void test_a_journal_cut_at_any_length_is_torn(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < 6; seed++) {
        struct image image;
        image_start(&image);
        image_fill(&image, 8, seed, true);
        unsigned whole = 0;
        for (size_t length = 0; length <= image.text.size; length++) {
            while (whole < image.commits && image.ends[whole + 1] <= length)
                whole++;
            struct dr_verified found = verify(image.text.bytes, length);
            assert_int_equal(found.bytes, image.ends[whole]);
            assert_int_equal(found.tail, length == image.ends[whole] ? DR_TAIL_CLEAN : DR_TAIL_TORN);
            assert_int_equal(found.torn_bytes, length - image.ends[whole]);
        }
        dr_text_done(&image.text);
    }
}

static unsigned random_state;
static unsigned random_below(unsigned bound)
{
    random_state = random_state * 1103515245u + 12345u;
    return (random_state >> 16) % bound;
}

/* [D6] Synced up to some commit, then power fails: each sector after it is new, old or half-old (as some earlier write
 * left it). Never refused, never less than what was synced. */
static void test_lost_sectors_of_unsynced_writes_are_torn(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 3000; round++) {
        struct image image;
        random_state = round;
        image_start(&image);
        image_fill(&image, 1 + random_below(4), round, true);
        unsigned synced = image.commits;
        image_fill(&image, 1 + random_below(4), round + 1, false);
        size_t end = image.text.size;
        char padding = round % 2 ? '\n' : 0;
        image_pad(&image, padding);
        size_t last = image.text.size;
        for (size_t sector = image.ends[synced] / DR_SECTOR; sector * DR_SECTOR < end; sector++) {
            /* How many groups this sector has seen when it last reached the disk. */
            unsigned seen = synced + random_below(image.commits - synced + 1);
            for (size_t i = sector * DR_SECTOR; i < (sector + 1) * DR_SECTOR && i < last; i++)
                if (i >= image.ends[seen])
                    image.text.bytes[i] = padding;
        }
        struct dr_verified found = verify(image.text.bytes, last);
        if (is_refused(&found))
            fail_msg("round %u: refused at %zu: %s", round, (size_t)found.corrupt_offset, found.reason);
        assert_true(found.chain.commits >= synced);
        dr_text_done(&image.text);
    }
}

/* [D8] A whole sector of synced data lost is no torn write, as long as a later commit tells. */
static void test_a_lost_sector_of_synced_data_is_refused(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 40; round++) {
        struct image image;
        image_start(&image);
        image_fill(&image, 20, round, true);
        for (size_t sector = 0; (sector + 1) * DR_SECTOR < image.ends[19]; sector++) {
            char saved[DR_SECTOR];
            memcpy(saved, image.text.bytes + sector * DR_SECTOR, DR_SECTOR);
            memset(image.text.bytes + sector * DR_SECTOR, round % 2 ? '\n' : 0, DR_SECTOR);
            struct dr_verified found = verify(image.text.bytes, image.text.size);
            if (!is_refused(&found))
                fail_msg("round %u sector %zu: verdict %d", round, sector, found.tail);
            memcpy(image.text.bytes + sector * DR_SECTOR, saved, DR_SECTOR);
        }
        dr_text_done(&image.text);
    }
}

/* Lines moved, doubled, dropped; commits renumbered; a group from another journal. */
static void test_rearranged_groups_are_refused(void **state)
{
    (void)state;
    struct image image, other;
    image_start(&image);
    image_fill(&image, 6, 3, true);
    image_start(&other);
    image_fill(&other, 6, 4, true);
    for (unsigned from = 0; from < 6; from++) {
        for (unsigned to = 0; to <= 6; to++) {
            struct dr_text text = {0};
            dr_text_add(&text, image.text.bytes, image.ends[to]);
            dr_text_add(&text, image.text.bytes + image.ends[from], image.ends[6] - image.ends[from]);
            if (from != to)
                assert_int_equal(verify(text.bytes, text.size).tail, DR_TAIL_CORRUPT);
            dr_text_clear(&text);
            dr_text_add(&text, image.text.bytes, image.ends[to]);
            dr_text_add(&text, other.text.bytes + other.ends[from], other.ends[6] - other.ends[from]);
            if (to > 0)
                assert_int_equal(verify(text.bytes, text.size).tail, DR_TAIL_CORRUPT);
            dr_text_done(&text);
        }
    }
    dr_text_done(&image.text);
    dr_text_done(&other.text);
}

/* What nothing can tell: the end of a journal cut exactly after a commit. Said in docs/crash-safety.md. */
static void test_a_cut_at_a_commit_looks_like_a_shorter_journal(void **state)
{
    (void)state;
    struct image image;
    image_start(&image);
    image_fill(&image, 3, 1, true);
    struct dr_verified found = verify(image.text.bytes, image.ends[2]);
    assert_int_equal(found.tail, DR_TAIL_CLEAN);
    assert_int_equal(found.chain.commits, 2);
    dr_text_done(&image.text);
}

static void test_the_start_of_a_commit_line_is_known_at_every_length(void **state)
{
    (void)state;
    struct dr_chain chain, after;
    dr_chain_start(&chain);
    for (unsigned i = 0; i < 120; i++) {
        struct dr_text line = {0};
        dr_chain_feed(&chain, "{\"k\":\"x\"}\n", 10);
        after = chain;
        dr_chain_commit(&after, i ? i - 1 : 0, &line);
        for (size_t length = 1; length < line.size; length++) {
            assert_true(dr_chain_begins(&chain, line.bytes, length));
            char saved = line.bytes[length - 1];
            line.bytes[length - 1] = '!';
            assert_false(dr_chain_begins(&chain, line.bytes, length));
            line.bytes[length - 1] = saved;
        }
        assert_false(dr_chain_begins(&chain, line.bytes, line.size));
        assert_true(dr_chain_check(&chain, line.bytes, line.size - 1));
        assert_int_equal(chain.commits, i + 1);
        dr_text_done(&line);
    }
}

static bool count_record(void *data, const char *line, size_t size, uint64_t offset)
{
    (void)offset;
    assert_int_equal(line[0], '{');
    assert_int_equal(line[size - 1], '}');
    return --*(int *)data > 0;
}

static void test_reading_can_stop_and_start_at_a_boundary(void **state)
{
    (void)state;
    struct image image;
    image_start(&image);
    for (int i = 0; i < 4; i++)
        image_add(&image, "{\"k\":\"a\"}\n{\"k\":\"b\"}\n", true);
    struct dr_bytes_source source = {.memory = image.text.bytes, .size = image.text.size};
    int left = 100;
    assert_true(dr_read_records(&source, image.ends[2], image.ends[4], count_record, &left));
    assert_int_equal(left, 96);
    left = 3;
    assert_true(dr_read_records(&source, 0, image.ends[4], count_record, &left));
    assert_int_equal(left, 0);
    left = 100;
    assert_true(dr_read_records(&source, image.ends[4], image.ends[4], count_record, &left));
    assert_int_equal(left, 100);
    dr_text_done(&image.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_intact_journal_is_clean),
        cmocka_unit_test(test_a_flipped_byte_anywhere_is_refused),
        cmocka_unit_test(test_a_flipped_byte_in_the_last_group_is_refused_wherever_it_stands),
        cmocka_unit_test(test_a_journal_cut_at_any_length_is_torn),
        cmocka_unit_test(test_lost_sectors_of_unsynced_writes_are_torn),
        cmocka_unit_test(test_a_lost_sector_of_synced_data_is_refused),
        cmocka_unit_test(test_rearranged_groups_are_refused),
        cmocka_unit_test(test_a_cut_at_a_commit_looks_like_a_shorter_journal),
        cmocka_unit_test(test_the_start_of_a_commit_line_is_known_at_every_length),
        cmocka_unit_test(test_reading_can_stop_and_start_at_a_boundary),
    };
    return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
