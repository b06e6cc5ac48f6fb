/* Growing byte strings and the heap helpers. JSON text is next door: json_dump.c and json_parse.c. */
#include "interpreter/base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Nothing can go on safely without memory, and the journal makes an abort harmless (decided once, here). */
static _Noreturn void abort_out_of_memory(size_t size)
{
    fprintf(stderr, "drrun: out of memory (%zu bytes wanted)\n", size);
    abort();
}

void *dr_alloc(size_t size)
{
    void *block = calloc(1, size ? size : 1);
    if (!block) {
        abort_out_of_memory(size);
    }
    return block;
}

void *dr_resize(void *block, size_t count, size_t unit)
{
    size_t size;
    if (__builtin_mul_overflow(count, unit, &size)) {
        abort_out_of_memory(SIZE_MAX);
    }
    void *moved = realloc(block, size ? size : 1);
    if (!moved) {
        abort_out_of_memory(size);
    }
    return moved;
}

char *dr_copy_string(const char *string)
{
    return string ? dr_copy_bytes(string, strlen(string)) : NULL;
}

char *dr_copy_bytes(const char *bytes, size_t size)
{
    size_t with_nul;
    if (__builtin_add_overflow(size, 1, &with_nul)) {
        abort_out_of_memory(size);
    }
    char *copy = dr_resize(NULL, with_nul, 1);
    if (size) {
        memcpy(copy, bytes, size);
    }
    copy[size] = '\0';
    return copy;
}

char *dr_format(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *string = dr_format_list(format, arguments);
    va_end(arguments);
    return string;
}

char *dr_format_list(const char *format, va_list arguments)
{
    char *string = NULL;
    if (vasprintf(&string, format, arguments) < 0) {
        abort_out_of_memory(0);
    }
    return string;
}

void dr_text_reserve(struct dr_text *text, size_t more)
{
    size_t needed;
    if (__builtin_add_overflow(text->size, more, &needed) || __builtin_add_overflow(needed, 1, &needed)) {
        abort_out_of_memory(more);
    }
    if (needed <= text->capacity) {
        return;
    }
    size_t capacity = text->capacity < 32 ? 64 : text->capacity * 2;
    if (capacity < needed) {
        capacity = needed;
    }
    text->bytes = dr_resize(text->bytes, capacity, 1);
    text->capacity = capacity;
    text->bytes[text->size] = '\0';
}

void dr_text_add(struct dr_text *text, const char *bytes, size_t size)
{
    dr_text_reserve(text, size);
    if (size) {
        memcpy(text->bytes + text->size, bytes, size);
        text->size += size;
        text->bytes[text->size] = '\0';
    }
}

void dr_text_puts(struct dr_text *text, const char *string)
{
    dr_text_add(text, string, strlen(string));
}

void dr_text_putc(struct dr_text *text, char byte)
{
    dr_text_reserve(text, 1);
    text->bytes[text->size++] = byte;
    text->bytes[text->size] = '\0';
}

/* How many bytes the control character takes that begins here; 0: another character. */
static size_t control_size(const unsigned char *at, size_t size)
{
    if (at[0] < 0x20 || at[0] == 0x7f)
        return 1;
    if (size >= 2 && at[0] == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f) /* U+0080 to U+009F */
        return 2;
    if (size >= 2 && at[0] == 0xd8 && at[1] == 0x9c) /* U+061C */
        return 2;
    if (size >= 3 && at[0] == 0xe2 && at[1] == 0x80 &&
        (at[2] == 0x8e || at[2] == 0x8f || (at[2] >= 0xa8 && at[2] <= 0xae)))
        return 3; /* U+200E, U+200F, U+2028 to U+202E */
    if (size >= 3 && at[0] == 0xe2 && at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9) /* U+2066 to U+2069 */
        return 3;
    return 0;
}

void dr_text_put_plain(struct dr_text *text, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size;) {
        size_t control = control_size((const unsigned char *)bytes + i, size - i);
        dr_text_putc(text, control ? ' ' : bytes[i]);
        i += control ? control : 1;
    }
}

void dr_text_int(struct dr_text *text, int64_t number)
{
    char digits[20];
    size_t at = sizeof digits;
    uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (number < 0) {
        digits[--at] = '-';
    }
    dr_text_add(text, digits + at, sizeof digits - at);
}

void dr_text_printf(struct dr_text *text, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    dr_text_reserve(text, 64);
    size_t room = text->capacity - text->size;
    int size = vsnprintf(text->bytes + text->size, room, format, arguments);
    va_end(arguments);
    if (size < 0) {
        abort_out_of_memory(0);
    }
    if ((size_t)size >= room) {
        text->bytes[text->size] = '\0';
        dr_text_reserve(text, (size_t)size);
        vsnprintf(text->bytes + text->size, (size_t)size + 1, format, again);
    }
    va_end(again);
    text->size += (size_t)size;
}

void dr_text_clear(struct dr_text *text)
{
    text->size = 0;
    if (text->bytes) {
        text->bytes[0] = '\0';
    }
}

char *dr_text_take(struct dr_text *text)
{
    dr_text_reserve(text, 0);
    char *bytes = text->bytes;
    *text = (struct dr_text){0};
    return bytes;
}

void dr_text_done(struct dr_text *text)
{
    free(text->bytes);
    *text = (struct dr_text){0};
}
