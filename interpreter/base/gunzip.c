#include "interpreter/base/gunzip.h"

#include <string.h>
#include <zlib.h>

enum {
    GZIP_WINDOW = 15 + 16, /* the largest window, and gzip's header instead of zlib's */
    BLOCK_BYTES = 1 << 16,
    PART_BYTES_MAX = 1 << 30, /* what zlib can count */
};

bool dr_is_gzip(const char *bytes, size_t size)
{
    return size >= 3 && memcmp(bytes, "\x1f\x8b\x08", 3) == 0;
}

static const char *inflate_all(z_stream *stream, const char *bytes, size_t size, size_t bytes_max, struct dr_text *out)
{
    size_t at = 0, begin = out->size;
    for (bool ended = false;;) {
        if (stream->avail_in == 0) {
            size_t part = size - at < PART_BYTES_MAX ? size - at : PART_BYTES_MAX;
            stream->next_in = (z_const Bytef *)(uintptr_t)(bytes + at);
            stream->avail_in = (uInt)part;
            at += part;
        }
        if (ended && stream->avail_in == 0)
            return NULL;
        if (ended && inflateReset(stream) != Z_OK) /* another member follows */
            return "damaged gzip data";
        dr_text_reserve(out, BLOCK_BYTES);
        stream->next_out = (Bytef *)out->bytes + out->size;
        stream->avail_out = BLOCK_BYTES;
        bool starved = stream->avail_in == 0;
        int code = inflate(stream, Z_NO_FLUSH);
        out->size += BLOCK_BYTES - stream->avail_out;
        out->bytes[out->size] = '\0';
        ended = code == Z_STREAM_END;
        if (out->size - begin > bytes_max)
            return "the unpacked data is too large";
        if (code == Z_BUF_ERROR && starved)
            return "gzip data that ends too early";
        if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
            return "damaged gzip data";
    }
}

const char *dr_gunzip(const char *bytes, size_t size, size_t bytes_max, struct dr_text *out)
{
    z_stream stream = {0};
    if (inflateInit2(&stream, GZIP_WINDOW) != Z_OK)
        return "gzip data cannot be unpacked here";
    const char *problem = inflate_all(&stream, bytes, size, bytes_max, out);
    inflateEnd(&stream);
    return problem;
}
