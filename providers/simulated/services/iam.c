/* IAM, to look at: the roles of the world, which STS lets one assume, and who calls. Nothing is written.
 * Source: https://docs.aws.amazon.com/IAM/latest/APIReference/ */
#include "interpreter/base/octets.h"
#include "providers/simulated/services/rows.h"

extern const struct dr_sim_service dr_sim_iam;

#define ROLE "iam.role"
#define PAGE_MAX 100

/* The world says little of a role; what AWS would add follows from its name. A new reference. */
static json_t *describe_role(const struct dr_sim_call *call, const char *name, const json_t *role)
{
    const char *path = *row_text(role, "Path") ? row_text(role, "Path") : "/";
    json_t *shown = json_pack("{s:s,s:s,s:i}", "Path", path, "RoleName", name, "MaxSessionDuration", 3600);
    row_give_text(shown, "Arn", dr_sim_arn("iam", "", call->account, "role%s%s", path, name));
    unsigned hash = 2166136261u; /* an id that stays the same */
    for (const char *at = name; *at; at++)
        hash = (hash ^ (unsigned char)*at) * 16777619u;
    row_give_text(shown, "RoleId", dr_format("AROASIMULATED%08X", hash));
    row_set_text(shown, "CreateDate", "2026-01-01T00:00:00Z");
    const json_t *trust = json_object_get(role, "AssumeRolePolicyDocument");
    struct dr_text plain = {0}, encoded = {0};
    if (json_is_object(trust))
        dr_text_json(&plain, trust, 1 << 16);
    else
        dr_text_printf(&plain,
                       "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":"
                       "\"arn:aws:iam::%s:root\"},\"Action\":\"sts:AssumeRole\"}]}",
                       call->account);
    dr_octets_percent(&encoded, plain.bytes, plain.size, "");
    row_give_text(shown, "AssumeRolePolicyDocument", dr_text_take(&encoded));
    dr_text_done(&plain);
    return shown;
}

static void get_role(struct dr_sim_call *call)
{
    const char *name = dr_sim_string(call, "RoleName", "");
    const json_t *role = dr_sim_find(call->cloud, call->account, "global", ROLE, name);
    if (role)
        call->output = json_pack("{s:o}", "Role", describe_role(call, name, role));
    else
        dr_sim_fail(call, 404, "NoSuchEntity", "The role with name %s cannot be found.", name);
}

static void list_roles(struct dr_sim_call *call)
{
    json_t *all = json_array(), *role;
    const char *name, *prefix = dr_sim_string(call, "PathPrefix", "/");
    json_object_foreach(dr_sim_table(call->cloud, call->account, "global", ROLE), name, role)
    {
        json_t *shown = describe_role(call, name, role);
        if (strncmp(row_text(shown, "Path"), prefix, strlen(prefix)) == 0)
            json_array_append(all, shown);
        json_decref(shown);
    }
    dr_sim_page(call, "Roles", all, PAGE_MAX, "ValidationError");
    json_decref(all);
}

/* Without a name, who calls. */
static void get_user(struct dr_sim_call *call)
{
    const char *own = strstr(call->principal, ":user/"), *given = dr_sim_string(call, "UserName", NULL);
    const char *name = own ? own + 6 : "";
    if ((!given && !own) || (given && strcmp(given, name) != 0)) {
        dr_sim_fail(call, given ? 404 : 400, given ? "NoSuchEntity" : "ValidationError",
                    given ? "The user with name %s cannot be found."
                          : "Must specify userName when calling with non-User credentials%.0s",
                    given ? given : "");
        return;
    }
    call->output = json_pack("{s:{s:s,s:s,s:s,s:s,s:s}}", "User", "Path", "/", "UserName", name, "UserId",
                             "AIDASIMULATED", "Arn", call->principal, "CreateDate", "2026-01-01T00:00:00Z");
}

static const struct dr_sim_operation operations[] = {
    {"GetRole", get_role, DR_SIM_CONTROL},
    {"GetUser", get_user, DR_SIM_CONTROL},
    {"ListRoles", list_roles, DR_SIM_CONTROL},
    {NULL, NULL, DR_SIM_DATA},
};

/* Roles: [NAME, ...] or { NAME: { Path, ExternalId, AssumeRolePolicyDocument } } */
static bool load(struct dr_sim_cloud *cloud, const char *account, const char *region, const json_t *given,
                 char **ret_problem)
{
    (void)ret_problem;
    const char *name;
    const json_t *role;
    WORLD_EACH(json_object_get(given, "Roles"), name, role)
    dr_sim_put(cloud, account, region, ROLE, name, json_is_object(role) ? json_copy(row_mutable(role)) : json_object());
    return true;
}

const struct dr_sim_service dr_sim_iam = {.name = "iam", .operations = operations, .load = load, .global = true};
