/* Replication of the simulated databases as a function of time, and whose writes are where. A replica's log says from
 * when its replication goes on, stands still, or has another lag; between two entries what it has applied follows from
 * the time alone, so that a metric can ask about the past. */
#include "providers/simulated/services/rds_parts.h"

#include "providers/simulated/cloud_parts.h"
#include "providers/simulated/names.h"

#include <assert.h>
#include <strings.h>

#define CATCH_UP 5 /* a replica applies so many seconds of its source's writes in a second */
#define CHAIN_MAX 8
#define LAG_MS 250 /* of a replica in its source's Region */
#define LAG_FAR_MS 900

/* --- Finding --------------------------------------------------------------------------------------------------------
 */

const char *dr_sim_rds_arn(const json_t *database)
{
    const char *arn = rds_text(database, "DBInstanceArn");
    return *arn ? arn : rds_text(database, "DBClusterArn");
}

const char *dr_sim_rds_status(const json_t *database)
{
    return rds_text(database, json_object_get(database, "DBInstanceArn") ? "DBInstanceStatus" : "Status");
}

void dr_sim_rds_set_status(json_t *database, const char *status)
{
    rds_set(database, json_object_get(database, "DBInstanceArn") ? "DBInstanceStatus" : "Status", status);
}

/* arn:aws:rds:REGION:ACCOUNT:db:ID, or cluster:ID. */
static bool read_arn(const char *arn, char *parts[6], char **ret_copy)
{
    *ret_copy = dr_copy_string(arn);
    char *at = *ret_copy;
    for (unsigned i = 0; i < 6; i++) {
        char *colon = strchr(at, ':');
        parts[i] = at;
        if (!colon)
            return false;
        *colon = '\0';
        at = colon + 1;
    }
    parts[0] = at; /* the name: "arn" itself is not needed */
    return strcmp(parts[2], "rds") == 0;
}

json_t *dr_sim_rds_by_arn(struct dr_sim_cloud *cloud, const char *arn, struct dr_sim_rds_place *ret_place)
{
    char *parts[6], *copy;
    json_t *found = NULL;
    if (strncmp(arn, "arn:", 4) == 0 && read_arn(arn, parts, &copy)) {
        const char *kind = strcmp(parts[5], "db") == 0        ? RDS_INSTANCE
                           : strcmp(parts[5], "cluster") == 0 ? RDS_CLUSTER
                                                              : "";
        found = dr_sim_find(cloud, parts[4], parts[3], kind, parts[0]);
        if (found && ret_place) {
            json_t *regions = json_object_get(cloud->tables, parts[4]), *kinds = json_object_get(regions, parts[3]);
            ret_place->kind = strcmp(kind, RDS_CLUSTER) == 0 ? RDS_CLUSTER : RDS_INSTANCE;
            ret_place->account = json_object_iter_key(json_object_iter_at(cloud->tables, parts[4]));
            ret_place->region = json_object_iter_key(json_object_iter_at(regions, parts[3]));
            json_t *table = json_object_get(kinds, kind);
            ret_place->id = json_object_iter_key(json_object_iter_at(table, parts[0]));
        }
        free(copy);
    } else if (strncmp(arn, "arn:", 4) == 0) {
        free(copy);
    }
    return found;
}

bool dr_sim_rds_up(const json_t *database)
{
    static const char *const down[] = {"creating",     "rebooting", "stopping", "stopped",
                                       "starting",     "deleting",  "failed",   "inaccessible-encryption-credentials",
                                       "failing-over", "promoting", NULL};
    const char *status = dr_sim_rds_status(database);
    for (size_t i = 0; down[i]; i++)
        if (strcmp(status, down[i]) == 0)
            return false;
    return true;
}

/* --- The log of a replication ---------------------------------------------------------------------------------------
 */

static int64_t applied_since(const json_t *entry, int64_t at_ms)
{
    int64_t applied = rds_int(entry, "Applied"), since = rds_int(entry, "At");
    if (!json_is_true(json_object_get(entry, "Flows")) || at_ms <= since)
        return applied;
    int64_t wanted = at_ms - rds_int(entry, "Lag"), possible = applied + CATCH_UP * (at_ms - since);
    int64_t reached = wanted < possible ? wanted : possible;
    return reached > applied ? reached : applied;
}

static const json_t *entry_at(const json_t *database, int64_t at_ms)
{
    const json_t *log = json_object_get(database, "_log");
    for (size_t i = json_array_size(log); i-- > 0;)
        if (rds_int(json_array_get(log, i), "At") <= at_ms || i == 0)
            return json_array_get(log, i);
    return NULL;
}

static const json_t *last_entry(const json_t *database)
{
    const json_t *log = json_object_get(database, "_log");
    return json_array_get(log, json_array_size(log) - 1);
}

int64_t dr_sim_rds_applied(const json_t *database, int64_t at_ms)
{
    const json_t *entry = entry_at(database, at_ms);
    return entry ? applied_since(entry, at_ms) : at_ms;
}

bool dr_sim_rds_flows(const json_t *database)
{
    return *rds_text(database, "_source") && json_is_true(json_object_get(last_entry(database), "Flows"));
}

bool dr_sim_rds_connected(const json_t *database, int64_t at_ms)
{
    return !json_is_true(json_object_get(entry_at(database, at_ms), "Lost"));
}

static void log_entry(json_t *database, int64_t at_ms, int64_t applied_ms, bool flows, int64_t lag_ms)
{
    json_array_append_new(json_object_get(database, "_log"),
                          json_pack("{s:I,s:I,s:b,s:I}", "At", (json_int_t)at_ms, "Applied", (json_int_t)applied_ms,
                                    "Flows", flows, "Lag", (json_int_t)lag_ms));
}

/* What the world says: a lag, and spikes from some second on. */
static int64_t usual_lag(const json_t *database, bool far, int64_t now_ms)
{
    const json_t *given = json_object_get(database, "_lag"), *spike;
    size_t i;
    json_array_foreach(json_object_get(database, "_spikes"), i, spike)
    {
        if (now_ms >= rds_int(spike, "From") && now_ms < rds_int(spike, "To"))
            return rds_int(spike, "Lag");
    }
    return given ? (int64_t)json_integer_value(given) : far ? LAG_FAR_MS : LAG_MS;
}

/* Nothing is written to it: nobody is left to, or it cannot be. */
static bool is_quiet(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *place, const json_t *database)
{
    return json_is_false(json_object_get(database, "_writes")) ||
           json_is_true(json_object_get(database, "_readOnly")) || !dr_sim_rds_up(database) ||
           dr_sim_region_down(cloud, place->region);
}

static void settle_replica(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *place, json_t *database,
                           int64_t now_ms)
{
    struct dr_sim_rds_place there = {0};
    const json_t *source = dr_sim_rds_by_arn(cloud, rds_text(database, "_source"), &there);
    bool stalled = dr_sim_fault(cloud, "ReplicationStalled", place->region, "rds", NULL, place->id) != NULL;
    bool lost = !source || !dr_sim_rds_up(source) || dr_sim_region_down(cloud, there.region);
    bool flows = !lost && !stalled && dr_sim_rds_up(database) && !dr_sim_region_down(cloud, place->region);
    bool far = source && strcmp(there.region, place->region) != 0;
    int64_t lag = source && is_quiet(cloud, &there, source) ? 0 : usual_lag(database, far, now_ms);
    json_t *log = json_object_get(database, "_log"), *last = json_array_get(log, json_array_size(log) - 1);
    if (last && json_is_true(json_object_get(last, "Flows")) == flows && rds_int(last, "Lag") == lag &&
        json_is_true(json_object_get(last, "Lost")) == lost)
        return;
    log_entry(database, now_ms, dr_sim_rds_applied(database, now_ms), flows, lag);
    json_object_set_new(json_array_get(log, json_array_size(log) - 1), "Lost", json_boolean(lost));
}

static void settle_primary(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *place, json_t *database,
                           int64_t now_ms)
{
    bool quiet = is_quiet(cloud, place, database);
    const char *rejoin = rds_text(database, "_rejoin");
    if (*rejoin && !dr_sim_region_down(cloud, place->region)) { /* its Region is back, and another one writes now */
        dr_sim_rds_link(cloud, database, rejoin, now_ms, now_ms);
        json_object_del(database, "_rejoin");
        return;
    }
    if (!quiet)
        json_object_del(database, "_quietSince");
    else if (!json_object_get(database, "_quietSince"))
        json_object_set_new(database, "_quietSince", json_integer((json_int_t)now_ms));
}

/* Calls `fn` for every instance that is no member of a cluster, and every cluster. */
static void each_database(struct dr_sim_cloud *cloud,
                          void (*fn)(struct dr_sim_cloud *, const struct dr_sim_rds_place *, json_t *, void *),
                          void *data)
{
    static const char *const kinds[] = {RDS_INSTANCE, RDS_CLUSTER};
    struct dr_sim_rds_place place;
    json_t *regions, *there, *database;
    json_object_foreach(cloud->tables, place.account, regions)
    {
        json_object_foreach(regions, place.region, there)
        {
            for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
                place.kind = kinds[i];
                json_object_foreach(json_object_get(there, kinds[i]), place.id, database)
                {
                    if (i == 1 || !*rds_text(database, "DBClusterIdentifier"))
                        fn(cloud, &place, database, data);
                }
            }
        }
    }
}

static void settle_one(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *place, json_t *database, void *data)
{
    const int64_t *now_ms = data;
    if (*rds_text(database, "_source"))
        settle_replica(cloud, place, database, *now_ms);
    else
        settle_primary(cloud, place, database, *now_ms);
}

void dr_sim_rds_settle(struct dr_sim_cloud *cloud, int64_t now_ms)
{
    each_database(cloud, settle_one, &now_ms);
}

void dr_sim_rds_link(struct dr_sim_cloud *cloud, json_t *database, const char *source_arn, int64_t since_ms,
                     int64_t applied_ms)
{
    const json_t *source = dr_sim_rds_by_arn(cloud, source_arn, NULL);
    const char *family = rds_text(source, "_family");
    rds_set(database, "_source", source_arn);
    rds_set(database, "_family", *family ? family : source_arn);
    json_object_set_new(database, "_log", json_array());
    json_object_del(database, "_history");
    json_object_del(database, "_readOnly");
    json_object_del(database, "_quietSince");
    json_object_del(database, "_lostMs");
    log_entry(database, since_ms, applied_ms, false, 0);
}

/* --- Whose writes ---------------------------------------------------------------------------------------------------
 */

/* The spans that begin before `to_ms`, ending there. */
static json_t *until(const json_t *spans, int64_t to_ms)
{
    json_t *cut = json_array(), *span;
    size_t i;
    json_array_foreach(spans, i, span)
    {
        if (rds_int(span, "From") > to_ms)
            continue;
        json_t *copy = json_copy(span);
        if (rds_int(span, "To") > to_ms)
            json_object_set_new(copy, "To", json_integer((json_int_t)to_ms));
        json_array_append_new(cut, copy);
    }
    return cut;
}

json_t *dr_sim_rds_spans(struct dr_sim_cloud *cloud, const json_t *database, int64_t at_ms)
{
    for (unsigned i = 0; i < CHAIN_MAX && *rds_text(database, "_source"); i++) {
        const json_t *source = dr_sim_rds_by_arn(cloud, rds_text(database, "_source"), NULL);
        at_ms = dr_sim_rds_applied(database, at_ms);
        if (!source)
            break;
        database = source;
    }
    const json_t *history = json_object_get(database, "_history");
    json_t *spans = history ? until(history, at_ms) : json_array();
    if (!json_is_true(json_object_get(database, "_readOnly")) && rds_int(database, "_began") <= at_ms)
        json_array_append_new(spans, json_pack("{s:s,s:I,s:I}", "Lineage", dr_sim_rds_arn(database), "From",
                                               (json_int_t)rds_int(database, "_began"), "To", (json_int_t)at_ms));
    return spans;
}

/* Up to when the primary at the end of the chain was written to: now, or when it fell silent. */
static int64_t written_until(struct dr_sim_cloud *cloud, const json_t *database, int64_t now_ms)
{
    for (unsigned i = 0; i < CHAIN_MAX && *rds_text(database, "_source"); i++)
        database = dr_sim_rds_by_arn(cloud, rds_text(database, "_source"), NULL);
    const json_t *quiet = json_object_get(database, "_quietSince");
    return quiet ? (int64_t)json_integer_value(quiet) : now_ms;
}

void dr_sim_rds_cut(struct dr_sim_cloud *cloud, json_t *database, int64_t now_ms, bool planned)
{
    int64_t applied = dr_sim_rds_applied(database, now_ms), written = written_until(cloud, database, now_ms);
    if (planned && applied < written) {
        log_entry(database, now_ms, written, false, 0);
        applied = written;
    }
    json_t *spans = dr_sim_rds_spans(cloud, database, now_ms);
    json_object_set_new(database, "_history", spans);
    json_object_set_new(database, "_readOnly", json_true());
    json_object_set_new(database, "_lostMs", json_integer((json_int_t)(written > applied ? written - applied : 0)));
    json_object_del(database, "_source");
    json_array_append_new(json_object_get(database, "_log"),
                          json_pack("{s:I,s:I,s:b,s:b}", "At", (json_int_t)now_ms, "Applied", (json_int_t)applied,
                                    "Flows", 0, "Ended", 1));
}

void dr_sim_rds_begin(json_t *database, int64_t now_ms)
{
    json_object_del(database, "_readOnly");
    json_object_set_new(database, "_began", json_integer((json_int_t)now_ms));
}

/* --- What applications see (databases.h) ----------------------------------------------------------------------------
 */

static bool same_id(struct dr_sim_cloud *cloud, const char *name, struct dr_sim_address *found)
{
    static const char *const kinds[] = {RDS_CLUSTER, RDS_INSTANCE};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        json_t *resource = dr_sim_find_anywhere(cloud, kinds[i], name, &found->account, &found->region);
        if (!resource)
            continue;
        found->kind = kinds[i];
        json_t *table = dr_sim_table(cloud, found->account, found->region, kinds[i]);
        found->id = json_object_iter_key(json_object_iter_at(table, name));
        return true;
    }
    return false;
}

static json_t *find_database(struct dr_sim_cloud *cloud, const char *name, int64_t now_ms,
                             struct dr_sim_rds_place *ret_place)
{
    struct dr_sim_address found = {0};
    json_t *database = dr_sim_rds_by_arn(cloud, name, ret_place);
    if (database)
        return database;
    if (!dr_sim_address_of(cloud, name, now_ms, &found) && !same_id(cloud, name, &found))
        return NULL;
    *ret_place = (struct dr_sim_rds_place){found.kind, found.account, found.region, found.id};
    database = dr_sim_find(cloud, found.account, found.region, found.kind, found.id);
    if (strcmp(found.kind, RDS_GLOBAL) == 0) { /* the global writer endpoint */
        size_t i;
        json_t *member;
        json_array_foreach(json_object_get(database, "GlobalClusterMembers"), i, member)
        {
            if (json_is_true(json_object_get(member, "IsWriter")))
                return dr_sim_rds_by_arn(cloud, rds_text(member, "DBClusterArn"), ret_place);
        }
        return NULL;
    }
    return database;
}

/* The cluster of an instance that is in one, else itself: where the data are. */
static json_t *holder(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *place, json_t *database)
{
    const char *cluster = rds_text(database, "DBClusterIdentifier");
    if (strcmp(place->kind, RDS_INSTANCE) != 0 || !*cluster)
        return database;
    json_t *found = dr_sim_find(cloud, place->account, place->region, RDS_CLUSTER, cluster);
    return found ? found : database;
}

static bool is_writable(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *place, const json_t *database)
{
    if (*rds_text(database, "_source") || json_is_true(json_object_get(database, "_readOnly")) ||
        !dr_sim_rds_up(database))
        return false;
    if (strcmp(place->kind, RDS_CLUSTER) != 0)
        return true;
    const char *writer = dr_sim_rds_cluster_writer(database);
    const json_t *instance = writer ? dr_sim_find(cloud, place->account, place->region, RDS_INSTANCE, writer) : NULL;
    return instance && dr_sim_rds_up(instance);
}

bool dr_sim_database_at(struct dr_sim_cloud *cloud, const char *endpoint, int64_t now_ms,
                        struct dr_sim_database *ret_database)
{
    struct dr_sim_rds_place place = {0};
    json_t *found = find_database(cloud, endpoint, now_ms, &place);
    if (!found)
        return false;
    const json_t *data = holder(cloud, &place, found);
    const struct dr_sim_rds_place of_data = {data == found ? place.kind : RDS_CLUSTER, place.account, place.region,
                                             data == found ? place.id : rds_text(found, "DBClusterIdentifier")};
    json_t *spans = dr_sim_rds_spans(cloud, data, now_ms);
    const json_t *newest = json_array_get(spans, json_array_size(spans) - 1);
    bool reader_member =
        data != found && strcmp(place.id, dr_sim_rds_cluster_writer(data) ? dr_sim_rds_cluster_writer(data) : "") != 0;
    bool reader_name =
        strcmp(place.kind, RDS_CLUSTER) == 0 && strcasecmp(endpoint, rds_text(found, "ReaderEndpoint")) == 0;
    struct dr_sim_rds_place origin = {0};
    bool reachable = !dr_sim_region_down(cloud, place.region) && dr_sim_rds_up(found) && dr_sim_rds_up(data);
    *ret_database = (struct dr_sim_database){
        .kind = place.kind,
        .account = place.account,
        .region = place.region,
        .id = place.id,
        .status = dr_sim_rds_status(found),
        .reachable = reachable,
        .writable = reachable && !reader_member && !reader_name && is_writable(cloud, &of_data, data),
        .lineage = dr_sim_rds_arn(dr_sim_rds_by_arn(cloud, rds_text(newest, "Lineage"), &origin)),
        .data_ms = newest ? rds_int(newest, "To") : 0,
    };
    json_decref(spans);
    return true;
}

bool dr_sim_database_has(struct dr_sim_cloud *cloud, const char *endpoint, const char *lineage, int64_t at_ms,
                         int64_t now_ms)
{
    struct dr_sim_rds_place place = {0};
    json_t *found = find_database(cloud, endpoint, now_ms, &place);
    if (!found)
        return false;
    json_t *spans = dr_sim_rds_spans(cloud, holder(cloud, &place, found), now_ms), *span;
    bool has = false;
    size_t i;
    json_array_foreach(spans, i, span)
    {
        has =
            has || (rds_is(span, "Lineage", lineage) && rds_int(span, "From") <= at_ms && at_ms <= rds_int(span, "To"));
    }
    json_decref(spans);
    return has;
}

int64_t dr_sim_database_lost_ms(struct dr_sim_cloud *cloud, const char *endpoint, int64_t now_ms)
{
    struct dr_sim_rds_place place = {0};
    json_t *found = find_database(cloud, endpoint, now_ms, &place);
    return found ? rds_int(holder(cloud, &place, found), "_lostMs") : 0;
}

struct count {
    const char *family;
    bool reachable_only;
    unsigned writers;
};

static void count_writer(struct dr_sim_cloud *cloud, const struct dr_sim_rds_place *place, json_t *database, void *data)
{
    struct count *count = data;
    const char *family = rds_text(database, "_family");
    bool kin = strcmp(*family ? family : dr_sim_rds_arn(database), count->family) == 0;
    if (kin && is_writable(cloud, place, database) &&
        !(count->reachable_only && dr_sim_region_down(cloud, place->region)))
        count->writers++;
}

unsigned dr_sim_database_writers(struct dr_sim_cloud *cloud, const char *endpoint, bool reachable_only, int64_t now_ms)
{
    struct dr_sim_rds_place place = {0};
    json_t *found = find_database(cloud, endpoint, now_ms, &place);
    if (!found)
        return 0;
    const json_t *data = holder(cloud, &place, found);
    const char *family = rds_text(data, "_family");
    struct count count = {.family = *family ? family : dr_sim_rds_arn(data), .reachable_only = reachable_only};
    each_database(cloud, count_writer, &count);
    return count.writers;
}

void dr_sim_database_set_writes(struct dr_sim_cloud *cloud, const char *endpoint, bool written, int64_t now_ms)
{
    struct dr_sim_rds_place place = {0};
    json_t *found = find_database(cloud, endpoint, now_ms, &place);
    if (!found)
        return;
    json_object_set_new(holder(cloud, &place, found), "_writes", json_boolean(written));
    dr_sim_rds_settle(cloud, now_ms);
}
