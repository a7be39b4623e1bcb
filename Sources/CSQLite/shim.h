#pragma once
#include <sqlite3.h>

// SQLITE_STATIC and SQLITE_TRANSIENT are casts of integers to function pointers, which Swift does not import.
static inline int posthorse_sqlite3_bind_blob_static(sqlite3_stmt *stmt, int index, const void *bytes, sqlite3_uint64 count) {
    return sqlite3_bind_blob64(stmt, index, bytes, count, SQLITE_STATIC);
}

static inline int posthorse_sqlite3_bind_blob_transient(sqlite3_stmt *stmt, int index, const void *bytes, sqlite3_uint64 count) {
    return sqlite3_bind_blob64(stmt, index, bytes, count, SQLITE_TRANSIENT);
}

static inline int posthorse_sqlite3_bind_text_transient(sqlite3_stmt *stmt, int index, const char *bytes, sqlite3_uint64 count) {
    return sqlite3_bind_text64(stmt, index, bytes, count, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static inline int posthorse_sqlite3_bind_text_static(sqlite3_stmt *stmt, int index, const char *bytes, sqlite3_uint64 count) {
    return sqlite3_bind_text64(stmt, index, bytes, count, SQLITE_STATIC, SQLITE_UTF8);
}

// Variadic, so not imported. Without memory statistics no allocation takes SQLite's one global lock.
static inline int posthorse_sqlite3_disable_memory_statistics(void) {
    return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}
