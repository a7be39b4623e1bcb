internal import Glibc
internal import Mail
internal import Spool

/// The writer's connection, with what makes it the only one of its node that writes.
struct PostgresLink {
    private enum Statements {
        static let host = PostgresStatement(
            "link_host", "SELECT coalesce(host(inet_server_addr()), 'local socket'), inet_server_port()::bigint")
        static let name = PostgresStatement("link_name", "SELECT set_config('application_name', $1::text, false)")
        static let limits = PostgresStatement(
            "link_limits",
            """
            SELECT set_config('lock_timeout', '5s', false), set_config('idle_in_transaction_session_timeout', '10s', false)
            """)
        static let terminate = PostgresStatement(
            "link_terminate",
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE application_name = $1::text AND pid <> pg_backend_pid() AND usename = current_user
            """)
        static let lock = PostgresStatement("link_lock", "SELECT pg_try_advisory_lock(\(PostgresSchema.lockKey + 1))")
        static let claim = PostgresStatement(
            "link_claim",
            """
            INSERT INTO node AS n (name, epoch, last_group, process)
            VALUES ($1::text, (SELECT coalesce(max(epoch), 0) + 1 FROM node), 0, pg_backend_pid())
            ON CONFLICT (name) DO UPDATE SET epoch = excluded.epoch, process = pg_backend_pid()
            RETURNING n.epoch, n.last_group
            """)
        static let synchrony = PostgresStatement(
            "link_synchrony",
            """
            SELECT current_setting('synchronous_commit'), current_setting('synchronous_standby_names'),
                current_setting('fsync')
            """)
        static let users = PostgresStatement(
            "link_users",
            """
            SELECT application_name, coalesce(host(client_addr), 'its own machine') FROM pg_stat_activity
            WHERE application_name LIKE 'posthorse/%writer%' AND pid <> pg_backend_pid() LIMIT 1
            """)
    }

    /// How often the lock of a dead connection is tried for, and the pause between.
    private static let tries = 20
    private static let pause = Duration.milliseconds(100)

    let session: any PostgresSession
    /// Raised by each connection of any node: what an earlier one of this node sends late is refused.
    let epoch: Int
    /// Number of the last group that this node has committed.
    var lastGroup: Int

    /// Makes a new connection that of the node's writer. An earlier one of this process ends with that, and what it had not
    /// committed is not committed any more.
    ///
    /// - Parameters:
    ///   - node: name in the cluster.
    ///   - instance: of this process alone.
    /// - Throws: ``SpoolError`` `locked` if another relay uses the database.
    init(_ session: any PostgresSession, node: String, instance: String) throws(SpoolError) {
        self.session = session
        // PostgreSQL cuts names at 63 octets.
        let name = String("posthorse/\(node)".prefix(40)) + " writer \(instance)"
        do throws(PostgresError) {
            _ = try session.run([
                PostgresQuery(Statements.name, [.text(name)]), PostgresQuery(Statements.limits),
                PostgresQuery(Statements.terminate, [.text(name)]),
            ])
        } catch {
            throw SpoolError(error)
        }
        try Self.lock(session)
        do throws(PostgresError) {
            // Waits for a transaction of an earlier connection, if its end was not noticed.
            let rows = try session.run(Statements.claim, .text(node))
            (epoch, lastGroup) = (rows.integer(0, 0), rows.integer(0, 1))
        } catch {
            throw SpoolError(error)
        }
    }

    private static func lock(_ session: any PostgresSession) throws(SpoolError) {
        do throws(PostgresError) {
            for _ in 0..<tries {
                if try session.run(Statements.lock).integer(0, 0) != 0 { return }
                // The server needs a moment to notice that a process is to end.
                Monotonic.sleep(pause)
            }
            let rows = try session.run(Statements.users)
            let user = rows.count > 0 ? ": \(rows.text(0, 0)) on \(rows.text(0, 1))" : ""
            throw PostgresError(.settings, "another relay uses this database\(user)")
        } catch {
            throw error.code == .settings ? SpoolError(.locked, error.message) : SpoolError(error)
        }
    }

    /// How durable its commits are.
    var synchrony: DatabaseSynchrony {
        get throws(PostgresError) {
            let rows = try session.run(Statements.synchrony)
            return DatabaseSynchrony(
                synchronousCommit: rows.text(0, 0), synchronousStandbyNames: rows.text(0, 1),
                fsync: rows.text(0, 2) == "on")
        }
    }

    /// The server, for people.
    var host: String {
        get throws(PostgresError) {
            let rows = try session.run(Statements.host)
            return rows.isNull(0, 1) ? rows.text(0, 0) : "\(rows.text(0, 0)):\(rows.integer(0, 1))"
        }
    }
}

extension Monotonic {
    /// Has this thread sleep.
    static func sleep(_ pause: Duration) {
        var rest = timespec()
        let nanoseconds = pause.wholeNanoseconds
        rest.tv_sec = Int(nanoseconds / 1_000_000_000)
        rest.tv_nsec = Int(nanoseconds % 1_000_000_000)
        nanosleep(&rest, nil)
    }
}
