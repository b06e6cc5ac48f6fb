#include "tests/providers/call.h"

#include "providers/postgres/read_guard.h"
#include "providers/postgres/targets.h"

static const struct dr_libpq *libpq(void)
{
    const char *problem = NULL;
    const struct dr_libpq *found = dr_libpq(&problem);
    if (!found)
        fail_msg("%s", problem);
    return found;
}

static struct dr_postgres_targets read_good(const char *string)
{
    struct dr_postgres_targets targets;
    char *problem = NULL;
    if (!dr_postgres_targets_read(&targets, libpq(), string, &problem))
        fail_msg("%s: %s", string, problem);
    return targets;
}

static void test_hosts_addresses_and_ports_are_paired(void **state)
{
    (void)state;
    struct dr_postgres_targets targets = read_good("host=a.example,b.example,/run/postgresql port=5433,,5434 "
                                                   "connect_timeout=3 target_session_attrs=prefer-standby");
    assert_int_equal(targets.count, 3);
    assert_string_equal(targets.items[0].host, "a.example");
    assert_string_equal(targets.items[0].port, "5433");
    assert_null(targets.items[1].port);
    assert_string_equal(targets.items[2].host, "/run/postgresql");
    assert_int_equal(targets.connect_timeout_ms, 3000);
    assert_true(targets.prefer_standby);
    assert_true(dr_postgres_target_is_name(&targets.items[0]));
    assert_false(dr_postgres_target_is_name(&targets.items[2]));
    dr_postgres_targets_done(&targets, libpq());

    targets = read_good("postgresql://u:pw@192.0.2.1:1,[2001:db8::1]:2/db");
    assert_int_equal(targets.count, 2);
    assert_string_equal(targets.items[1].host, "2001:db8::1");
    assert_string_equal(targets.items[1].port, "2");
    assert_false(dr_postgres_target_is_name(&targets.items[0]));
    assert_false(dr_postgres_target_is_name(&targets.items[1]));
    dr_postgres_targets_done(&targets, libpq());

    targets = read_good("host=a,b port=5432");
    assert_string_equal(targets.items[0].port, "5432");
    assert_string_equal(targets.items[1].port, "5432");
    dr_postgres_targets_done(&targets, libpq());

    targets = read_good("hostaddr=192.0.2.1,192.0.2.2 host=db,db");
    assert_string_equal(targets.items[1].address, "192.0.2.2");
    assert_false(dr_postgres_target_is_name(&targets.items[1]));
    dr_postgres_targets_done(&targets, libpq());

    targets = read_good("dbname=x");
    assert_int_equal(targets.count, 1);
    assert_null(targets.items[0].host);
    dr_postgres_targets_done(&targets, libpq());
}

static void test_a_refused_string_is_not_repeated(void **state)
{
    (void)state;
    static const char *const wrong[] = {"host=a password='sesame",
                                        "postgresql://u:sesame@[::1/db",
                                        "sesame",
                                        "host=a,b,c port=1,2 password=sesame",
                                        "host=a,b hostaddr=192.0.2.1 password=sesame",
                                        "nosuchoption=sesame"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct dr_postgres_targets targets;
        char *problem = NULL;
        assert_false(dr_postgres_targets_read(&targets, libpq(), wrong[i], &problem));
        assert_non_null(problem);
        assert_null(strstr(problem, "sesame"));
        free(problem);
    }
}

static void test_sixty_four_hosts_and_no_more(void **state)
{
    (void)state;
    struct dr_text hosts = {0};
    dr_text_puts(&hosts, "host=h0");
    for (int i = 1; i < 64; i++)
        dr_text_printf(&hosts, ",h%d", i);
    struct dr_postgres_targets targets = read_good(hosts.bytes);
    assert_int_equal(targets.count, 64);
    dr_postgres_targets_done(&targets, libpq());
    dr_text_puts(&hosts, ",h64");
    char *problem = NULL;
    assert_false(dr_postgres_targets_read(&targets, libpq(), hosts.bytes, &problem));
    free(problem);
    dr_text_done(&hosts);
}

static void test_the_password_is_masked_in_messages(void **state)
{
    (void)state;
    struct dr_postgres_targets targets = read_good("host=a password=open-sesame");
    char *clean = dr_postgres_clean_message(&targets, "it said open-sesame,\n\tthen open-sesam\n");
    assert_string_equal(clean, "it said ***, then open-sesam");
    free(clean);
    dr_postgres_targets_done(&targets, libpq());
}

static void test_what_may_run_as_a_read(void **state)
{
    (void)state;
    static const char *const reads[] = {"SELECT 1",
                                        "  select 1",
                                        "-- why\nSELECT 1",
                                        "/* a /* nested */ b */ SELECT 1",
                                        "(SELECT 1) UNION (SELECT 2)",
                                        "WITH a AS (SELECT 1) SELECT * FROM a",
                                        "SHOW server_version",
                                        "TABLE t",
                                        "VALUES (1)",
                                        "EXPLAIN SELECT 1",
                                        "SELECT pg_promoted FROM t",
                                        "SELECT pg_last_wal_replay_lsn()"};
    static const char *const writes[] = {"INSERT INTO t VALUES (1)",
                                         "DO $$ BEGIN COMMIT; END $$",
                                         "CALL p()",
                                         "COPY t TO PROGRAM 'x'",
                                         "SET transaction_read_only = off",
                                         "BEGIN",
                                         "COMMIT",
                                         "",
                                         "SELECT pg_promote()",
                                         "select PG_PROMOTE()",
                                         "SELECT pg_catalog.pg_terminate_backend(1)",
                                         "SELECT * FROM dblink_exec('x')",
                                         "SELECT pg_stat_reset_shared('wal')",
                                         "SELECTED",
                                         "/* SELECT 1",
                                         "SELECT/**/pg_switch_wal()"};
    for (size_t i = 0; i < sizeof reads / sizeof *reads; i++) {
        char *problem = dr_postgres_read_problem(reads[i]);
        if (problem)
            fail_msg("%s: %s", reads[i], problem);
    }
    for (size_t i = 0; i < sizeof writes / sizeof *writes; i++) {
        char *problem = dr_postgres_read_problem(writes[i]);
        if (!problem)
            fail_msg("accepted: %s", writes[i]);
        free(problem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hosts_addresses_and_ports_are_paired),
        cmocka_unit_test(test_a_refused_string_is_not_repeated),
        cmocka_unit_test(test_sixty_four_hosts_and_no_more),
        cmocka_unit_test(test_the_password_is_masked_in_messages),
        cmocka_unit_test(test_what_may_run_as_a_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
