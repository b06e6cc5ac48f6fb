/* ECR: repositories, images, and their replication to other Regions, which takes a while. Sources:
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/ and .../userguide/replication.html. */
#include "providers/simulated/services/compute.h"

#include "interpreter/base/text.h"
#include "providers/aws/signing/digest.h"

#include <stdlib.h>
#include <string.h>

extern const struct dr_sim_service dr_sim_ecr;

#define REPOSITORY "ecr.repository"
#define REPLICATION "ecr.replication"
#define ONLY "configuration" /* the id of a registry's one replication configuration */
#define PAGE_MAX 100
#define REPLICATE_MS 30000
#define MEDIA_TYPE "application/vnd.docker.distribution.manifest.v2+json"

static json_t *find_repository(const struct dr_sim_place *place, const char *name)
{
    return dr_sim_find(place->cloud, place->account, place->region, REPOSITORY, name);
}

/* The repository that the call names; NULL: it has failed. */
static json_t *repository_of(struct dr_sim_call *call)
{
    struct dr_sim_place place = dr_sim_place_of(call);
    const char *name = dr_sim_string(call, "repositoryName", "");
    json_t *repository = find_repository(&place, name);
    if (!repository)
        dr_sim_fail(call, 400, "RepositoryNotFoundException",
                    "The repository with name '%s' does not exist in the registry with id '%s'", name,
                    dr_sim_string(call, "registryId", call->account));
    return repository;
}

static json_t *make_repository(const struct dr_sim_place *place, const char *name)
{
    char *arn = dr_sim_arn("ecr", place->region, place->account, "repository/%s", name);
    char *uri = dr_format("%s.dkr.ecr.%s.amazonaws.com/%s", place->account, place->region, name);
    json_t *repository = json_pack("{s:s,s:s,s:s,s:s,s:s,s:{s:b},s:{s:s},s:{},s:[]}", "repositoryArn", arn,
                                   "registryId", place->account, "repositoryName", name, "repositoryUri", uri,
                                   "imageTagMutability", "MUTABLE", "imageScanningConfiguration", "scanOnPush", 0,
                                   "encryptionConfiguration", "encryptionType", "AES256", "_images", "_tags");
    dr_sim_set_time(repository, "createdAt", place->now_ms);
    dr_sim_put(place->cloud, place->account, place->region, REPOSITORY, name, repository);
    free(arn);
    free(uri);
    return repository;
}

/* --- Images ----------------------------------------------------------------------------------------------------------
 */

static char *digest_of(const char *manifest)
{
    unsigned char hash[DR_SHA256_BYTES];
    dr_aws_sha256(manifest, strlen(manifest), hash);
    struct dr_text text = {0};
    dr_text_puts(&text, "sha256:");
    for (size_t i = 0; i < sizeof hash; i++)
        dr_text_printf(&text, "%02x", hash[i]);
    return dr_text_take(&text);
}

static json_t *find_image(const json_t *repository, const char *digest, const char *tag)
{
    json_t *images = json_object_get(repository, "_images"), *image;
    const char *key;
    if (*digest) {
        image = json_object_get(images, digest);
        return image && (*tag == '\0' || dr_sim_lists(json_object_get(image, "imageTags"), tag)) ? image : NULL;
    }
    json_object_foreach(images, key, image)
    {
        if (dr_sim_lists(json_object_get(image, "imageTags"), tag))
            return image;
    }
    return NULL;
}

/* A tag belongs to one image. */
static void move_tag(const json_t *repository, json_t *to, const char *tag)
{
    json_t *image, *tags;
    const char *key;
    json_object_foreach(json_object_get(repository, "_images"), key, image)
    {
        tags = json_object_get(image, "imageTags");
        for (size_t i = json_array_size(tags); i-- > 0;)
            if (strcmp(json_string_value(json_array_get(tags, i)), tag) == 0)
                json_array_remove(tags, i);
    }
    json_array_append_new(json_object_get(to, "imageTags"), json_string(tag));
}

/* Puts it in the repository, with that tag ("" for none): borrowed. */
static json_t *add_image(const struct dr_sim_place *place, json_t *repository, const char *manifest, const char *tag)
{
    char *digest = digest_of(manifest);
    json_t *image = json_object_get(json_object_get(repository, "_images"), digest);
    if (!image) {
        image = json_pack("{s:O,s:O,s:s,s:[],s:i,s:s,s:s,s:s}", "registryId", json_object_get(repository, "registryId"),
                          "repositoryName", json_object_get(repository, "repositoryName"), "imageDigest", digest,
                          "imageTags", "imageSizeInBytes", 42000000, "imageManifestMediaType", MEDIA_TYPE,
                          "artifactMediaType", "application/vnd.docker.container.image.v1+json", "_manifest", manifest);
        dr_sim_set_time(image, "imagePushedAt", place->now_ms);
        json_object_set_new(json_object_get(repository, "_images"), digest, image);
    }
    if (*tag)
        move_tag(repository, image, tag);
    free(digest);
    return image;
}

static char *id_text(const json_t *id)
{
    const char *digest = json_string_value(json_object_get(id, "imageDigest")),
               *tag = json_string_value(json_object_get(id, "imageTag"));
    return dr_format("{imageDigest:'%s', imageTag:'%s'}", digest ? digest : "null", tag ? tag : "null");
}

bool dr_sim_ecr_can_pull(const struct dr_sim_place *place, const char *image, char **ret_problem)
{
    const char *registry = strstr(image, ".dkr.ecr."), *slash = strchr(image, '/');
    if (!registry || !slash || registry != image + 12)
        return true; /* another registry: not part of this world */
    const char *region = registry + strlen(".dkr.ecr."), *at = strchr(slash, '@'), *colon = strrchr(slash, ':');
    const char *end = at ? at : colon ? colon : slash + strlen(slash);
    char *account = dr_copy_bytes(image, 12), *name = dr_copy_bytes(slash + 1, (size_t)(end - slash) - 1);
    char *where = dr_copy_bytes(region, strcspn(region, "."));
    const struct dr_sim_place there = {place->cloud, account, where, place->now_ms};
    const json_t *repository = find_repository(&there, name);
    const char *tag = at ? "" : colon ? colon + 1 : "latest";
    bool good = find_image(repository, at ? at + 1 : "", tag) != NULL && !dr_sim_region_down(place->cloud, where);
    if (!good)
        *ret_problem =
            dr_sim_region_down(place->cloud, where)
                ? dr_format("CannotPullContainerError: pull image manifest has been retried 5 time(s): failed "
                            "to resolve ref %s: dial tcp: i/o timeout",
                            image)
                : dr_format("CannotPullContainerError: pull image manifest has been retried 1 time(s): failed "
                            "to resolve ref %s: %s: not found",
                            image, image);
    free(account);
    free(name);
    free(where);
    return good;
}

/* --- Replication
 * ------------------------------------------------------------------------------------------------------- */

static bool is_replicated(const json_t *rule, const char *repository)
{
    const json_t *filters = json_object_get(rule, "repositoryFilters");
    size_t i;
    json_t *filter;
    json_array_foreach(filters, i, filter)
    {
        const char *prefix = dr_sim_text_in(filter, "filter");
        if (strncmp(repository, prefix, strlen(prefix)) == 0)
            return true;
    }
    return json_array_size(filters) == 0;
}

static json_t *rules_of(const struct dr_sim_place *place)
{
    return json_object_get(dr_sim_find(place->cloud, place->account, place->region, REPLICATION, ONLY), "rules");
}

static void set_status(json_t *image, const char *region, const char *account, const char *status)
{
    json_t *all = json_object_get(image, "_replication");
    if (!all) {
        all = json_object();
        json_object_set_new(image, "_replication", all);
    }
    json_object_set_new(all, region,
                        json_pack("{s:s,s:s,s:s}", "region", region, "registryId", account, "status", status));
}

/* Each destination of the rules gets the image, later. */
static void replicate(const struct dr_sim_place *place, const json_t *repository, json_t *image)
{
    const char *name = dr_sim_text_in(repository, "repositoryName");
    size_t i, j;
    json_t *rule, *to;
    json_array_foreach(rules_of(place), i, rule)
    {
        json_array_foreach(json_object_get(rule, "destinations"), j, to)
        {
            if (!is_replicated(rule, name))
                continue;
            const char *region = dr_sim_text_in(to, "region"), *account = dr_sim_text_in(to, "registryId");
            set_status(image, region, account, "IN_PROGRESS");
            dr_sim_schedule(place->cloud, place->now_ms + dr_sim_timing(place->cloud, "ecr.replicate", REPLICATE_MS),
                            "ecr.replicate", place->account, place->region, name,
                            json_pack("{s:O,s:O,s:s,s:s}", "Digest", json_object_get(image, "imageDigest"), "Tags",
                                      json_object_get(image, "imageTags"), "Region", region, "Account", account));
        }
    }
}

static void copy_image(const struct dr_sim_place *to, const char *name, const json_t *image, const json_t *tags)
{
    json_t *repository = find_repository(to, name);
    if (!repository)
        repository = make_repository(to, name); /* replication creates it */
    json_t *copy = add_image(to, repository, dr_sim_text_in(image, "_manifest"), ""), *tag;
    size_t i;
    json_array_foreach(tags, i, tag) move_tag(repository, copy, json_string_value(tag));
}

static void arrive(const struct dr_sim_happening *happening)
{
    struct dr_sim_place from = dr_sim_place_then(happening);
    const char *region = dr_sim_text_in(happening->data, "Region"),
               *account = dr_sim_text_in(happening->data, "Account");
    json_t *image = find_image(find_repository(&from, happening->id), dr_sim_text_in(happening->data, "Digest"), "");
    if (!image)
        return;
    if (dr_sim_region_down(from.cloud, region) || dr_sim_region_down(from.cloud, from.region) ||
        dr_sim_fault(from.cloud, "ReplicationStalled", from.region, "ecr", NULL, happening->id)) {
        dr_sim_schedule(from.cloud, happening->at_ms + dr_sim_timing(from.cloud, "ecr.replicate", REPLICATE_MS),
                        "ecr.replicate", from.account, from.region, happening->id, json_deep_copy(happening->data));
        return;
    }
    const struct dr_sim_place to = {from.cloud, account, region, happening->at_ms};
    copy_image(&to, happening->id, image, json_object_get(happening->data, "Tags"));
    set_status(image, region, account, "COMPLETE");
}

/* --- Operations
 * -------------------------------------------------------------------------------------------------------- */

static void create_repository(struct dr_sim_call *call)
{
    struct dr_sim_place place = dr_sim_place_of(call);
    const char *name = dr_sim_string(call, "repositoryName", "");
    if (find_repository(&place, name)) {
        dr_sim_fail(call, 400, "RepositoryAlreadyExistsException",
                    "The repository with name '%s' already exists in the registry with id '%s'", name, call->account);
        return;
    }
    json_t *repository = make_repository(&place, name);
    static const char *const members[] = {"imageTagMutability", "imageScanningConfiguration", "encryptionConfiguration",
                                          NULL};
    dr_sim_take(repository, call->input, members);
    dr_sim_tags_add(json_object_get(repository, "_tags"), json_object_get(call->input, "tags"), "Key");
    call->output = json_pack("{s:O}", "repository", repository);
}

static void delete_repository(struct dr_sim_call *call)
{
    json_t *repository = repository_of(call);
    if (repository && json_object_size(json_object_get(repository, "_images")) > 0 &&
        !dr_sim_bool(call, "force", false)) {
        dr_sim_fail(
            call, 400, "RepositoryNotEmptyException",
            "The repository with name '%s' in registry with id '%s' cannot be deleted because it still contains "
            "images",
            dr_sim_string(call, "repositoryName", ""), call->account);
    } else if (repository) {
        call->output = json_pack("{s:O}", "repository", repository);
        dr_sim_remove(call->cloud, call->account, call->region, REPOSITORY, dr_sim_string(call, "repositoryName", ""));
    }
}

static void describe_repositories(struct dr_sim_call *call)
{
    struct dr_sim_place place = dr_sim_place_of(call);
    json_t *names = json_object_get(call->input, "repositoryNames"), *all = json_array(), *row;
    size_t i;
    const char *key;
    json_array_foreach(names, i, row)
    {
        json_t *repository = find_repository(&place, json_string_value(row));
        if (repository)
            json_array_append(all, repository);
        else if (!call->error)
            dr_sim_fail(call, 400, "RepositoryNotFoundException",
                        "The repository with name '%s' does not exist in the registry with id '%s'",
                        json_string_value(row), call->account);
    }
    if (!names)
        json_object_foreach(dr_sim_table(call->cloud, call->account, call->region, REPOSITORY), key, row)
            json_array_append(all, row);
    if (!call->error)
        dr_sim_page(call, "repositories", all, PAGE_MAX, "InvalidParameterException");
    json_decref(all);
}

static void no_image(struct dr_sim_call *call, const json_t *id)
{
    char *text = id_text(id);
    dr_sim_fail(call, 400, "ImageNotFoundException",
                "The image with imageId %s does not exist within the repository with name '%s' in the registry with id "
                "'%s'",
                text, dr_sim_string(call, "repositoryName", ""), call->account);
    free(text);
}

static void describe_images(struct dr_sim_call *call)
{
    const json_t *repository = repository_of(call), *ids = json_object_get(call->input, "imageIds");
    if (!repository)
        return;
    json_t *all = json_array(), *row;
    size_t i;
    const char *key;
    json_array_foreach(ids, i, row)
    {
        json_t *image = find_image(repository, dr_sim_text_in(row, "imageDigest"), dr_sim_text_in(row, "imageTag"));
        if (image)
            json_array_append(all, image);
        else if (!call->error)
            no_image(call, row);
    }
    if (!ids)
        json_object_foreach(json_object_get(repository, "_images"), key, row) json_array_append(all, row);
    if (!call->error)
        dr_sim_page(call, "imageDetails", all, PAGE_MAX, "InvalidParameterException");
    json_decref(all);
}

static void list_images(struct dr_sim_call *call)
{
    const json_t *repository = repository_of(call);
    if (!repository)
        return;
    json_t *all = json_array(), *image, *tag;
    size_t i;
    const char *digest;
    json_object_foreach(json_object_get(repository, "_images"), digest, image)
    {
        const json_t *tags = json_object_get(image, "imageTags");
        json_array_foreach(tags, i, tag)
            json_array_append_new(all, json_pack("{s:s,s:O}", "imageDigest", digest, "imageTag", tag));
        if (json_array_size(tags) == 0)
            json_array_append_new(all, json_pack("{s:s}", "imageDigest", digest));
    }
    dr_sim_page(call, "imageIds", all, PAGE_MAX, "InvalidParameterException");
    json_decref(all);
}

static json_t *image_with_manifest(const json_t *image, const char *tag)
{
    json_t *id = json_pack("{s:O}", "imageDigest", json_object_get(image, "imageDigest"));
    if (*tag)
        dr_sim_set_text(id, "imageTag", tag);
    return json_pack("{s:O,s:O,s:o,s:O,s:s}", "registryId", json_object_get(image, "registryId"), "repositoryName",
                     json_object_get(image, "repositoryName"), "imageId", id, "imageManifest",
                     json_object_get(image, "_manifest"), "imageManifestMediaType", MEDIA_TYPE);
}

static void batch_get_image(struct dr_sim_call *call)
{
    const json_t *repository = repository_of(call);
    if (!repository)
        return;
    json_t *images = json_array(), *failures = json_array(), *id;
    size_t i;
    json_array_foreach(json_object_get(call->input, "imageIds"), i, id)
    {
        const char *tag = dr_sim_text_in(id, "imageTag");
        const json_t *image = find_image(repository, dr_sim_text_in(id, "imageDigest"), tag);
        if (image)
            json_array_append_new(images, image_with_manifest(image, tag));
        else
            json_array_append_new(failures, json_pack("{s:O,s:s,s:s}", "imageId", id, "failureCode", "ImageNotFound",
                                                      "failureReason", "Requested image not found"));
    }
    call->output = json_pack("{s:o,s:o}", "images", images, "failures", failures);
}

static void put_image(struct dr_sim_call *call)
{
    struct dr_sim_place place = dr_sim_place_of(call);
    json_t *repository = repository_of(call);
    if (!repository)
        return;
    const char *tag = dr_sim_string(call, "imageTag", ""), *manifest = dr_sim_string(call, "imageManifest", "");
    char *digest = digest_of(manifest);
    if (find_image(repository, digest, tag) && *tag)
        dr_sim_fail(call, 400, "ImageAlreadyExistsException",
                    "Image with digest '%s' and tag '%s' already exists in the repository with name '%s' in registry "
                    "with id '%s'",
                    digest, tag, dr_sim_string(call, "repositoryName", ""), call->account);
    else if (*tag && dr_sim_is(repository, "imageTagMutability", "IMMUTABLE") && find_image(repository, "", tag))
        dr_sim_fail(call, 400, "ImageTagAlreadyExistsException",
                    "The image tag '%s' already exists in the '%s' repository and cannot be overwritten because the "
                    "repository is immutable.",
                    tag, dr_sim_string(call, "repositoryName", ""));
    free(digest);
    if (call->error)
        return;
    json_t *image = add_image(&place, repository, manifest, tag);
    replicate(&place, repository, image);
    call->output = json_pack("{s:o}", "image", image_with_manifest(image, tag));
}

static void put_replication_configuration(struct dr_sim_call *call)
{
    json_t *configuration = json_deep_copy(json_object_get(call->input, "replicationConfiguration"));
    call->output = json_pack("{s:O}", "replicationConfiguration", configuration);
    dr_sim_put(call->cloud, call->account, call->region, REPLICATION, ONLY, configuration);
}

static void describe_registry(struct dr_sim_call *call)
{
    const json_t *configuration = dr_sim_find(call->cloud, call->account, call->region, REPLICATION, ONLY);
    call->output = json_pack("{s:s,s:o}", "registryId", call->account, "replicationConfiguration",
                             configuration ? json_deep_copy(configuration) : json_pack("{s:[]}", "rules"));
}

static void describe_image_replication_status(struct dr_sim_call *call)
{
    const json_t *repository = repository_of(call), *id = json_object_get(call->input, "imageId");
    if (!repository)
        return;
    const json_t *image = find_image(repository, dr_sim_text_in(id, "imageDigest"), dr_sim_text_in(id, "imageTag"));
    if (!image) {
        no_image(call, id);
        return;
    }
    json_t *list = json_array(), *status;
    const char *region;
    json_object_foreach(json_object_get(image, "_replication"), region, status) json_array_append(list, status);
    call->output = json_pack("{s:O,s:O,s:o}", "repositoryName", json_object_get(repository, "repositoryName"),
                             "imageId", id, "replicationStatuses", list);
}

static const struct dr_sim_operation operations[] = {
    {"BatchGetImage", batch_get_image, DR_SIM_DATA},
    {"CreateRepository", create_repository, DR_SIM_CONTROL},
    {"DeleteRepository", delete_repository, DR_SIM_CONTROL},
    {"DescribeImageReplicationStatus", describe_image_replication_status, DR_SIM_CONTROL},
    {"DescribeImages", describe_images, DR_SIM_CONTROL},
    {"DescribeRegistry", describe_registry, DR_SIM_CONTROL},
    {"DescribeRepositories", describe_repositories, DR_SIM_CONTROL},
    {"ListImages", list_images, DR_SIM_CONTROL},
    {"PutImage", put_image, DR_SIM_CONTROL},
    {"PutReplicationConfiguration", put_replication_configuration, DR_SIM_CONTROL},
    {NULL, NULL, DR_SIM_CONTROL},
};

static const struct dr_sim_event events[] = {{"ecr.replicate", arrive}, {NULL, NULL}};

/* --- Worlds
 * ------------------------------------------------------------------------------------------------------------- {
 * Repositories: { NAME: { Images: [TAG, ...] } }, Replication: [REGION, ...] }. What is replicated is in the other
 * Regions from the beginning, except in a repository that the world lists there itself. */

static bool load(struct dr_sim_cloud *cloud, const char *account, const char *region, const json_t *given,
                 char **ret_problem)
{
    (void)ret_problem;
    const struct dr_sim_place place = {cloud, account, region, dr_sim_now(cloud)};
    json_t *row, *tag, *destinations = json_array();
    const char *name;
    size_t i;
    json_object_foreach(json_object_get(given, "Repositories"), name, row)
    {
        json_t *repository = make_repository(&place, name);
        json_array_foreach(json_object_get(row, "Images"), i, tag)
        {
            char *manifest = dr_format("{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_TYPE
                                       "\",\"annotations\":{\"simulated\":\"%s:%s\"}}",
                                       name, json_string_value(tag));
            add_image(&place, repository, manifest, json_string_value(tag));
            free(manifest);
        }
    }
    json_array_foreach(json_object_get(given, "Replication"), i, row)
        json_array_append_new(destinations, json_pack("{s:O,s:s}", "region", row, "registryId", account));
    if (json_array_size(destinations) > 0)
        dr_sim_put(cloud, account, region, REPLICATION, ONLY,
                   json_pack("{s:[{s:O}]}", "rules", "destinations", destinations));
    json_decref(destinations);
    return true;
}

static void replicate_all(const struct dr_sim_place *from, const char *region)
{
    const struct dr_sim_place to = {from->cloud, from->account, region, from->now_ms};
    const char *name, *digest;
    json_t *repository, *image;
    json_object_foreach(dr_sim_table(from->cloud, from->account, from->region, REPOSITORY), name, repository)
    {
        if (find_repository(&to, name)) /* as the world says */
            continue;
        make_repository(&to, name);
        json_object_foreach(json_object_get(repository, "_images"), digest, image)
        {
            copy_image(&to, name, image, json_object_get(image, "imageTags"));
            set_status(image, region, to.account, "COMPLETE");
        }
    }
}

/* The Regions of the world itself only: a table that does not exist yet is not walked into. */
static bool link_replicas(struct dr_sim_cloud *cloud, char **ret_problem)
{
    (void)ret_problem;
    json_t *found = json_array(), *row; /* [account, region, destination] */
    json_t *dump = dr_sim_cloud_dump(cloud), *regions, *kinds, *to;
    const char *account, *region;
    size_t i;
    json_object_foreach(json_object_get(dump, "tables"), account, regions) json_object_foreach(regions, region, kinds)
    {
        const json_t *rules = json_object_get(json_object_get(json_object_get(kinds, REPLICATION), ONLY), "rules");
        json_array_foreach(json_object_get(json_array_get(rules, 0), "destinations"), i, to)
            json_array_append_new(found, json_pack("[s,s,O]", account, region, json_object_get(to, "region")));
    }
    json_array_foreach(found, i, row)
    {
        const struct dr_sim_place from = {cloud, json_string_value(json_array_get(row, 0)),
                                          json_string_value(json_array_get(row, 1)), dr_sim_now(cloud)};
        replicate_all(&from, json_string_value(json_array_get(row, 2)));
    }
    json_decref(found);
    json_decref(dump);
    return true;
}

const struct dr_sim_service dr_sim_ecr = {
    .name = "ecr", .operations = operations, .events = events, .load = load, .link = link_replicas};
