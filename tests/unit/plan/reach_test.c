/* What a runbook can call, and what is known of it before a run. */
#include "interpreter/plan/reach.h"

#include "interpreter/base/text.h"
#include "interpreter/expression/known.h"
#include "providers/provider.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

/* "?" where something is unknown. */
static json_t *shown(const json_t *value)
{
    if (!value || dr_is_unknown(value))
        return value ? json_string("?") : json_null();
    json_t *copy = json_is_array(value) ? json_array() : json_object();
    const char *key;
    json_t *member;
    if (json_is_array(value))
        for (size_t i = 0; i < json_array_size(value); i++)
            json_array_append_new(copy, shown(json_array_get(value, i)));
    else if (json_is_object(value))
        json_object_foreach((json_t *)(uintptr_t)value, key, member) json_object_set_new(copy, key, shown(member));
    else {
        json_decref(copy);
        return json_incref((json_t *)(uintptr_t)value);
    }
    return copy;
}

static void add(void *data, const struct dr_reached *reached)
{
    struct dr_text *text = data;
    json_t *arguments = shown(reached->arguments), *region = shown(reached->region),
           *role = shown(reached->credentials);
    char *line = json_dumps(arguments, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    dr_text_printf(text, "%s %s %s", reached->path,
                   reached->resource ? reached->resource->name : reached->resource_text, line);
    if (reached->region)
        dr_text_printf(text, " in %s", json_string_value(region));
    if (reached->credentials)
        dr_text_printf(text, " as %s", json_string_value(json_object_get(role, "RoleArn")));
    dr_text_putc(text, '\n');
    json_decref(arguments);
    json_decref(region);
    json_decref(role);
    free(line);
}

static void check(const char *yaml, const char *input, const char *expected)
{
    struct dr_catalogue *catalogue = dr_catalogue_new(dr_primitives());
    dr_catalogue_add_folder(catalogue, "providers/actions");
    struct dr_diagnostics found = {0};
    struct dr_program *program = dr_program_parse("t.yaml", yaml, strlen(yaml), catalogue, &found);
    for (size_t i = 0; i < found.count; i++)
        print_message("%s\n", found.items[i].message);
    assert_non_null(program);
    json_t *given = input ? json_loads(input, 0, NULL) : dr_unknown();
    struct dr_text text = {0};
    dr_reach(program, catalogue, given, add, &text);
    char *got = dr_text_take(&text);
    assert_string_equal(got ? got : "", expected);
    free(got);
    json_decref(given);
    dr_program_free(program);
    dr_catalogue_free(catalogue);
    dr_diagnostics_done(&found);
}

static void what_is_written_down_is_known(void **state)
{
    (void)state;
    check(
        "QueryLanguage: JSONata\n"
        "StartAt: A\n"
        "States:\n"
        "  A: { Type: Task, Resource: 'state:put', Arguments: { Key: a, Value: '{% $states.input.x %}' }, Next: B }\n"
        "  B: { Type: Task, Resource: 'state:put', Arguments: { Key: b, Value: '{% $states.input %}' }, End: true }\n",
        NULL,
        "A state:put {\"Key\":\"a\",\"Value\":\"?\"}\n"
        "B state:put {\"Key\":\"b\",\"Value\":\"?\"}\n");
    check("StartAt: A\n"
          "States:\n"
          "  A: { Type: Task, Resource: 'state:put', Parameters: { Key: a, 'Value.$': $.x.y }, ResultPath: $.r, Next: "
          "B }\n"
          "  B: { Type: Task, Resource: 'state:put', Parameters: { 'Key.$': \"States.Format('{}-{}', $.x.y, 7)\", "
          "'Value.$': $.r }, End: true }\n",
          "{\"x\": {\"y\": \"k\"}}",
          "A state:put {\"Key\":\"a\",\"Value\":\"k\"}\n"
          "B state:put {\"Key\":\"k-7\",\"Value\":\"?\"}\n");
}

/* One of two ways may have set it: what is different on them is unknown. A loop's counter is, too. */
static void what_two_ways_have_in_common_is_known(void **state)
{
    (void)state;
    check("QueryLanguage: JSONata\n"
          "StartAt: Begin\n"
          "States:\n"
          "  Begin: { Type: Pass, Assign: { same: 1, n: 0, other: { a: 1, b: 2 } }, Next: Which }\n"
          "  Which:\n"
          "    Type: Choice\n"
          "    Choices: [ { Condition: '{% $states.input.x = 1 %}', Assign: { other: { a: 1, b: 3 } }, Next: Put } ]\n"
          "    Default: Put\n"
          "  Put:\n"
          "    Type: Task\n"
          "    Resource: state:put\n"
          "    Arguments: { Key: '{% $string($same) %}', Value: { n: '{% $n %}', a: '{% $other.a %}', b: '{% $other.b "
          "%}', all: '{% $other %}' } }\n"
          "    Assign: { n: '{% $n + 1 %}' }\n"
          "    Next: Again\n"
          "  Again:\n"
          "    Type: Choice\n"
          "    Choices: [ { Condition: '{% $n < 3 %}', Next: Put } ]\n"
          "    Default: End\n"
          "  End: { Type: Succeed }\n",
          NULL,
          "Put state:put {\"Key\":\"1\",\"Value\":{\"a\":1,\"all\":{\"a\":1,\"b\":\"?\"},\"b\":\"?\",\"n\":\"?\"}}\n");
}

/* An expression that reads anything unknown is unknown, although it might give the same either way. */
static void a_guess_is_not_taken_for_knowledge(void **state)
{
    (void)state;
    check("QueryLanguage: JSONata\n"
          "StartAt: A\n"
          "States:\n"
          "  A:\n"
          "    Type: Task\n"
          "    Resource: state:put\n"
          "    Arguments:\n"
          "      Key: \"{% $states.input.stage = 'prod' ? 'a' : 'b' %}\"\n"
          "      Value: [ '{% $now() %}', '{% $uuid() %}', '{% $states.context.Execution.Id %}', '{% "
          "$states.input.known %}', '{% $states.input.absent %}',\n"
          "               \"{% $states.input.known & '!' %}\" ]\n"
          "    End: true\n",
          "{\"known\": \"yes\", \"stage\": \"\xEF\xB7\x90unknown\xEF\xB7\xAF\"}",
          "A state:put {\"Key\":\"?\",\"Value\":[\"?\",\"?\",\"?\",\"yes\",\"?\",\"yes!\"]}\n");
}

static void inside_of_everything(void **state)
{
    (void)state;
    check("Runbook: { Name: t, Region: us-west-2 }\n"
          "QueryLanguage: JSONata\n"
          "StartAt: Both\n"
          "States:\n"
          "  Both:\n"
          "    Type: Parallel\n"
          "    Branches:\n"
          "      - StartAt: Each\n"
          "        States:\n"
          "          Each:\n"
          "            Type: Map\n"
          "            Items: [a, b]\n"
          "            ItemProcessor:\n"
          "              StartAt: P\n"
          "              States:\n"
          "                P: { Type: Task, Resource: 'state:put', Region: '{% $states.input %}', Arguments: { Key: "
          "'{% $states.input %}', Value: 1 }, End: true }\n"
          "            End: true\n"
          "      - StartAt: Check\n"
          "        States:\n"
          "          Check:\n"
          "            Type: Task\n"
          "            Resource: dns.check_update\n"
          "            Credentials: { RoleArn: 'arn:aws:iam::111122223333:role/r' }\n"
          "            Arguments: { Server: 192.0.2.1, Zone: example.org, Name: a.example.org, KeyFile: k }\n"
          "            End: true\n"
          "    End: true\n",
          NULL,
          "Both/Each/P state:put {\"Key\":\"a\",\"Value\":1} in a\n"
          "Both/Each/P state:put {\"Key\":\"b\",\"Value\":1} in b\n"
          "Both/Check/Ask exec:run "
          "{\"Command\":[\"nsupdate\",\"-v\",\"-k\",\"k\",\"-t\",\"10\"],\"Effect\":\"Read\",\"Input\":\"server "
          "192.0.2.1\\nzone example.org\\nprereq yxdomain a.example.org\\nsend\\n\"} in "
          "us-west-2 as arn:aws:iam::111122223333:role/r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_down_is_known),
        cmocka_unit_test(what_two_ways_have_in_common_is_known),
        cmocka_unit_test(a_guess_is_not_taken_for_knowledge),
        cmocka_unit_test(inside_of_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
