#ifndef POSTHORSE_CLIBPQ_H
#define POSTHORSE_CLIBPQ_H

// The part of libpq that Posthorse uses, loaded at run time: who has no cluster needs no libpq. The types and numbers are
// those of libpq-fe.h, which are part of its stable interface (soname libpq.so.5).

#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>

typedef struct pg_conn PGconn;
typedef struct pg_result PGresult;
typedef struct pg_cancel PGcancel;
typedef uint32_t PQOid;
typedef void (*PQnoticeReceiver)(void *argument, const PGresult *notice);

typedef struct {
    char *relname;
    int be_pid;
    char *extra;
} PGnotify;

typedef struct {
    char *keyword;
    char *envvar;
    char *compiled;
    char *val;
    char *label;
    char *dispchar;
    int dispsize;
} PQconninfoOption;

enum { PQ_CONNECTION_OK = 0, PQ_CONNECTION_BAD = 1 };
enum { PQ_TRANSACTION_IDLE = 0 };
enum { PQ_POLLING_FAILED = 0, PQ_POLLING_READING = 1, PQ_POLLING_WRITING = 2, PQ_POLLING_OK = 3 };
enum {
    PQ_EMPTY_QUERY = 0,
    PQ_COMMAND_OK = 1,
    PQ_TUPLES_OK = 2,
    PQ_FATAL_ERROR = 7,
    PQ_PIPELINE_SYNC = 10,
    PQ_PIPELINE_ABORTED = 11
};
enum {
    PQ_DIAG_SQLSTATE = 'C',
    PQ_DIAG_MESSAGE_PRIMARY = 'M',
    PQ_DIAG_MESSAGE_DETAIL = 'D',
    PQ_DIAG_SEVERITY = 'V',
    PQ_DIAG_SOURCE_FUNCTION = 'R'
};

// Every function that is used: its result, its name, its parameters.
#define POSTHORSE_PQ_FUNCTIONS(X)                                                                                       \
    X(int, libVersion, (void))                                                                                          \
    X(PGconn *, connectStartParams, (const char *const *, const char *const *, int))                                    \
    X(int, connectPoll, (PGconn *))                                                                                     \
    X(void, finish, (PGconn *))                                                                                         \
    X(PQconninfoOption *, conninfoParse, (const char *, char **))                                                       \
    X(PQconninfoOption *, conninfo, (PGconn *))                                                                         \
    X(void, conninfoFree, (PQconninfoOption *))                                                                         \
    X(PQnoticeReceiver, setNoticeReceiver, (PGconn *, PQnoticeReceiver, void *))                                        \
    X(int, status, (const PGconn *))                                                                                    \
    X(int, transactionStatus, (const PGconn *))                                                                         \
    X(char *, errorMessage, (const PGconn *))                                                                           \
    X(int, socket, (const PGconn *))                                                                                    \
    X(int, backendPID, (const PGconn *))                                                                                \
    X(int, serverVersion, (const PGconn *))                                                                             \
    X(char *, host, (const PGconn *))                                                                                   \
    X(char *, hostaddr, (const PGconn *))                                                                               \
    X(char *, port, (const PGconn *))                                                                                   \
    X(int, sslInUse, (PGconn *))                                                                                        \
    X(const char *, parameterStatus, (const PGconn *, const char *))                                                    \
    X(int, setnonblocking, (PGconn *, int))                                                                             \
    X(int, enterPipelineMode, (PGconn *))                                                                               \
    X(int, exitPipelineMode, (PGconn *))                                                                                \
    X(int, pipelineSync, (PGconn *))                                                                                    \
    X(int, sendPrepare, (PGconn *, const char *, const char *, int, const PQOid *))                                     \
    X(int, sendQueryParams,                                                                                             \
      (PGconn *, const char *, int, const PQOid *, const char *const *, const int *, const int *, int))                 \
    X(int, sendQueryPrepared,                                                                                           \
      (PGconn *, const char *, int, const char *const *, const int *, const int *, int))                                \
    X(int, flush, (PGconn *))                                                                                           \
    X(int, consumeInput, (PGconn *))                                                                                    \
    X(int, isBusy, (PGconn *))                                                                                          \
    X(PGresult *, getResult, (PGconn *))                                                                                \
    X(PGnotify *, notifies, (PGconn *))                                                                                 \
    X(void, freemem, (void *))                                                                                          \
    X(int, resultStatus, (const PGresult *))                                                                            \
    X(char *, resultErrorField, (const PGresult *, int))                                                                \
    X(char *, resultErrorMessage, (const PGresult *))                                                                   \
    X(int, ntuples, (const PGresult *))                                                                                 \
    X(int, nfields, (const PGresult *))                                                                                 \
    X(char *, getvalue, (const PGresult *, int, int))                                                                   \
    X(int, getlength, (const PGresult *, int, int))                                                                     \
    X(int, getisnull, (const PGresult *, int, int))                                                                     \
    X(char *, cmdStatus, (PGresult *))                                                                                  \
    X(char *, cmdTuples, (PGresult *))                                                                                  \
    X(void, clear, (PGresult *))                                                                                        \
    X(PGcancel *, getCancel, (PGconn *))                                                                                \
    X(int, cancel, (PGcancel *, char *, int))                                                                           \
    X(void, freeCancel, (PGcancel *))

/// The functions of libpq, without their prefix `PQ`.
typedef struct {
#define POSTHORSE_PQ_MEMBER(result, name, parameters) result(*name) parameters;
    POSTHORSE_PQ_FUNCTIONS(POSTHORSE_PQ_MEMBER)
#undef POSTHORSE_PQ_MEMBER
} PosthorsePQ;

/// Fills `functions` from an open library; returns the name of a function that it lacks, or NULL.
static inline const char *posthorse_pq_fill(void *library, PosthorsePQ *functions) {
#define POSTHORSE_PQ_FIND(result, name, parameters)                                                                     \
    *(void **)&functions->name = dlsym(library, "PQ" #name);                                                            \
    if (functions->name == NULL) return "PQ" #name;
    POSTHORSE_PQ_FUNCTIONS(POSTHORSE_PQ_FIND)
#undef POSTHORSE_PQ_FIND
    return NULL;
}

#endif
