/* The library's front door: compiling, evaluating, and asking a program what it uses. */
#include "interpreter/expression/jsonata/jsonata.h"

#include "interpreter/expression/jsonata/evaluate.h"
#include "interpreter/expression/jsonata/json.h"
#include "interpreter/expression/jsonata/regex.h"
#include "interpreter/expression/jsonata/signature.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

/* --- compiling -------------------------------------------------------------------------------------------------------
 */

static void throw_full(void *data)
{
    struct jx_trap *trap = data;
    JX_FAIL(trap, .code = "U1002", .message = JX_TEXT("The expression needs too much memory"));
}

static void resolve_builtins(struct jsonata *program, struct jx_trap *trap)
{
    for (uint32_t i = 1; i < program->names.count; i++) {
        struct jx_name *name = &program->names.items[i];
        if (name->builtin)
            continue;
        name->builtin = jx_find_builtin(name->text);
        if (name->builtin && name->builtin->signature)
            name->signature = jx_signature_new(
                &program->arena, (struct jx_text){name->builtin->signature, strlen(name->builtin->signature)}, 0, trap);
    }
}

static bool fill(struct jsonata *program, const char *text, size_t size, const struct jx_names *names,
                 struct jx_trap *trap)
{
    if (setjmp(trap->jump))
        return false;
    if (names)
        jx_names_copy(&program->arena, &program->names, names);
    else
        jx_names_init(&program->arena, &program->names);
    jx_parse(program, text, size, trap);
    resolve_builtins(program, trap);
    return true;
}

struct jsonata *jx_compile(const char *text, size_t size, const struct jx_names *names, struct jx_trap *trap)
{
    struct jsonata *program = calloc(1, sizeof *program);
    if (!program)
        abort();
    program->arena = (struct jx_arena){.max = JX_PROGRAM_BYTES_MAX, .full = throw_full, .data = trap};
    if (fill(program, text, size, names, trap))
        return program;
    jsonata_free(program);
    return NULL;
}

struct jsonata *jsonata_compile(const char *text, size_t size, const struct jsonata_environment *environment,
                                struct jsonata_error *ret_error)
{
    struct jx_trap trap = {.call = NULL};
    struct jsonata *program = jx_compile(text, size, NULL, &trap);
    if (!program) {
        if (ret_error)
            *ret_error = trap.error;
        return NULL;
    }
    program->environment = environment;
    program->arena.data = NULL;
    return program;
}

void jsonata_free(struct jsonata *program)
{
    if (!program)
        return;
    jx_regexes_free(program->regexes);
    jx_arena_done(&program->arena);
    free(program);
}

/* --- evaluating
 * --------------------------------------------------------------------------------------------------------- */

static void run_init(struct jx_run *run, struct jx_trap *trap, const struct jsonata *program, const json_t *bindings,
                     const struct jsonata_environment *environment)
{
    *run = (struct jx_run){.trap = trap, .environment = environment ? environment : program->environment};
    const struct jsonata_environment *limits = run->environment;
    size_t memory_max = limits && limits->memory_max ? limits->memory_max : JX_MEMORY_BYTES_MAX;
    run->heap = (struct jx_arena){
        .max = memory_max < JX_MEMORY_BYTES_MAX ? memory_max : JX_MEMORY_BYTES_MAX, .full = throw_full, .data = trap};
    run->bindings = (json_t *)(uintptr_t)bindings; /* borrowed, only read */
    run->names = program->names;
    run->depth_max = limits && limits->depth_max ? limits->depth_max : JX_DEPTH_MAX;
    run->steps_max = limits && limits->steps_max ? limits->steps_max : JX_STEPS_MAX;
    run->now_ms = limits && limits->now_ms ? limits->now_ms(limits->data) : 0;
    run->random_state = 0x9E3779B97F4A7C15u;
    run->global_count = run->names.count;
    run->globals = jx_zalloc(&run->keep, run->global_count * sizeof *run->globals);
    run->global_known = jx_zalloc(&run->keep, run->global_count);
}

static void run_done(struct jx_run *run)
{
    for (struct jx_owned *owned = run->owned; owned; owned = owned->next)
        json_decref(owned->json);
    while (run->evaluated) {
        struct jsonata *next = run->evaluated->next;
        jsonata_free(run->evaluated);
        run->evaluated = next;
    }
    jx_arena_done(&run->heap);
    jx_arena_done(&run->keep);
}

/* An array as input is one value, not a sequence of its members. */
static struct jx_value wrap_input(struct jx_run *run, struct jx_value input)
{
    if (!jx_is_array(input))
        return input;
    struct jx_array *wrapper = jx_array_new(&run->heap, 1, JX_SEQUENCE | JX_WRAPPER);
    jx_push(&run->heap, wrapper, input);
    return jx_of_array(wrapper);
}

/* Throws. */
static enum jsonata_status run_program(struct jx_run *run, const struct jsonata *program, const json_t *input,
                                       json_t **ret_value)
{
    run->root = jx_of_json((json_t *)(uintptr_t)input); /* borrowed, only read */
    struct jx_frame *frame = jx_frame_new(run, NULL, 4);
    struct jx_value value = jx_eval(run, program->root, wrap_input(run, run->root), frame);
    if (jx_has_flag(value, JX_WRAPPER)) /* the input itself */
        value = jx_at(value, 0);
    if (jx_is_function(value))
        return JSONATA_FUNCTION;
    json_t *json = jx_to_json(run, value);
    if (!json)
        return JSONATA_UNDEFINED;
    *ret_value = json;
    return JSONATA_OK;
}

static enum jsonata_status run_guarded(struct jx_run *run, const struct jsonata *program, const json_t *input,
                                       json_t **ret_value)
{
    if (setjmp(run->trap->jump))
        return JSONATA_ERROR;
    return run_program(run, program, input, ret_value);
}

enum jsonata_status jsonata_eval(const struct jsonata *program, const json_t *input, const json_t *bindings,
                                 const struct jsonata_environment *environment, json_t **ret_value,
                                 struct jsonata_error *ret_error)
{
    struct jx_trap trap = {.call = NULL};
    struct jx_run run;
    run_init(&run, &trap, program, bindings, environment);
    enum jsonata_status status = run_guarded(&run, program, input, ret_value);
    run_done(&run);
    if (status == JSONATA_ERROR && ret_error)
        *ret_error = trap.error;
    return status;
}

/* --- what functions there are
 * ------------------------------------------------------------------------------------------------ */

const struct jx_builtin *jx_find_builtin(struct jx_text name)
{
    for (size_t i = 0; i < jx_builtin_count; i++)
        if (jx_text_equal(name, (struct jx_text){jx_builtins[i].name, strlen(jx_builtins[i].name)}))
            return &jx_builtins[i];
    return NULL;
}

const char *jsonata_function_name(size_t n)
{
    return n < jx_builtin_count ? jx_builtins[n].name : NULL;
}

static void read_arity(struct jx_arena *arena, struct jx_text signature, unsigned *ret_min, unsigned *ret_max)
{
    struct jx_trap trap = {.call = NULL};
    if (setjmp(trap.jump))
        abort(); /* our own signatures are good */
    jx_signature_arity(jx_signature_new(arena, signature, 0, &trap), ret_min, ret_max);
}

bool jsonata_arity(const struct jsonata_environment *environment, const char *name, size_t size, unsigned *ret_min,
                   unsigned *ret_max)
{
    for (size_t i = 0; environment && i < environment->function_count; i++) {
        const struct jsonata_function *function = &environment->functions[i];
        if (strlen(function->name) != size || memcmp(function->name, name, size) != 0)
            continue;
        if (!function->function)
            return false;
        *ret_min = function->arguments_min;
        *ret_max = function->arguments_max;
        return true;
    }
    const struct jx_builtin *builtin = jx_find_builtin((struct jx_text){name, size});
    if (!builtin)
        return false;
    struct jx_arena arena = {0};
    read_arity(&arena, (struct jx_text){builtin->signature, strlen(builtin->signature)}, ret_min, ret_max);
    jx_arena_done(&arena);
    return true;
}
