/* What a Map does with data before and after its items run: reading (JSON, JSON Lines, CSV), batching, shaping the
 * results. */
#ifndef DRRUN_STATES_MAP_ITEMS_H
#define DRRUN_STATES_MAP_ITEMS_H

#include "interpreter/base/text.h"
#include "interpreter/states/state_type.h"

/* The items in the text of a file, in the format that the reader names. At most `items_max` (0: all). A new reference,
 * or NULL with States.ItemReaderFailed. */
json_t *dr_items_parse(const struct dr_item_reader *reader, const char *bytes, size_t size, size_t items_max,
                       struct dr_decision *decision);
/* The text in what the reader's call returned, {"Body": text} of a file: unpacked, if it is gzip. False, and
 * nothing in `out`, with States.ItemReaderFailed. */
bool dr_items_text(json_t *result, struct dr_text *out, struct dr_decision *decision);
/* The items in what the reader's call returned: {"Body": text} of a file, or {"Contents": [...]} of a listing. At most
 * `items_max` (0: all). A new reference, or NULL with States.ItemReaderFailed. */
json_t *dr_items_read(const struct dr_item_reader *reader, json_t *result, size_t items_max,
                      struct dr_decision *decision);

/* Batches {"BatchInput", "Items"}: at most so many items and so many bytes of JSON each (0: no limit; one item always
 * fits). New reference. */
json_t *dr_items_batch(json_t *items, json_t *batch_input, size_t items_max, size_t bytes_max);

/* The results as WriterConfig.Transformation wants them. `records` has, for each item in order, {"Status", "Index",
 * "Input", "Began", "Ended", "Output"} or {..., "Error", "Cause"}; times in milliseconds. New reference. */
json_t *dr_items_format(const struct dr_result_writer *writer, json_t *records);
/* The arguments of the writer's call: the author's own plus "Body" with the text. New reference. */
json_t *dr_items_write_arguments(const struct dr_result_writer *writer, json_t *arguments, json_t *formatted);

#endif
