internal import CLibPQ
internal import Glibc

/// What libpq is told to reach one host after another.
struct ConnectionOptions: Equatable {
    /// One server of the list; each field may be missing.
    struct Host: Equatable {
        var name: String?
        var address: String?
        var port: String?

        /// The name that must be looked up before anybody can connect.
        var unresolved: String? {
            guard address == nil, let name, !name.isEmpty, !name.hasPrefix("/"), !name.hasPrefix("@") else {
                return nil
            }
            return Self.isAddress(name) ? nil : name
        }

        private static func isAddress(_ text: String) -> Bool {
            var address = in6_addr()
            return inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1
        }
    }

    /// Empty if the string names none: libpq then takes PGHOST, or the socket that its builder chose.
    private(set) var hosts: [Host] = []
    /// All but hosts, addresses and ports.
    private(set) var values: [String: String] = [:]
    /// `connect_timeout` of the string.
    private(set) var connectTimeout: Duration?

    /// Values for what the string leaves open. Kerberos is tried only if somebody asks for it: libpq would look up its realm
    /// in the DNS.
    private static let defaults = [
        "target_session_attrs": "read-write", "gssencmode": "disable", "keepalives": "1", "keepalives_idle": "10",
        "keepalives_interval": "3", "keepalives_count": "3", "tcp_user_timeout": "10000",
    ]

    init(_ settings: PostgresSettings, _ library: LibPQ) throws(PostgresError) {
        let given = try Self.parse(settings.database, library)
        guard given["password"] == nil else {
            throw PostgresError(.settings, "database holds a password: use password_file instead")
        }
        values = Self.defaults.merging(given) { $1 }
        for name in ["host", "hostaddr", "port"] { values[name] = nil }
        values["client_encoding"] = "UTF8"
        if values["application_name"] == nil { values["application_name"] = settings.applicationName }
        if let path = settings.passwordFile { values["password"] = try Self.password(path) }
        if let text = given["connect_timeout"], let seconds = Int(text), seconds > 0 {
            connectTimeout = .seconds(seconds)
        }
        hosts = try Self.hosts(given)
    }

    /// - Throws: without the string, as a word of it may be the password.
    private static func parse(_ text: String, _ library: LibPQ) throws(PostgresError) -> [String: String] {
        var problem: UnsafeMutablePointer<CChar>?
        guard let options = library.functions.conninfoParse(text, &problem) else {
            defer { library.functions.freemem(problem) }
            let reason = problem.map { firstLine(String(cString: $0)) } ?? "out of memory"
            let isSafe = !text.lowercased().contains("pass") && !text.contains("@")
            throw PostgresError(.settings, "database is no connection string\(isSafe ? ": \(reason)" : "")")
        }
        defer { library.functions.conninfoFree(options) }
        var values: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val, value.pointee != 0 {
                values[String(cString: keyword)] = String(cString: value)
            }
            option += 1
        }
        return values
    }

    private static func hosts(_ given: [String: String]) throws(PostgresError) -> [Host] {
        func list(_ name: String) -> [String] {
            given[name].map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) } ?? []
        }
        let (names, addresses, ports) = (list("host"), list("hostaddr"), list("port"))
        let count = max(names.count, addresses.count)
        guard names.isEmpty || addresses.isEmpty || names.count == addresses.count else {
            throw PostgresError(.settings, "database has \(names.count) hosts and \(addresses.count) addresses")
        }
        guard ports.count <= 1 || ports.count == max(1, count) else {
            throw PostgresError(.settings, "database has \(count) hosts and \(ports.count) ports")
        }
        func item(_ list: [String], _ index: Int) -> String? {
            list.indices.contains(index) && !list[index].isEmpty ? list[index] : nil
        }
        return (0..<max(1, count)).map { index in
            Host(
                name: item(names, index), address: item(addresses, index),
                port: ports.count == 1 ? item(ports, 0) : item(ports, index))
        }
    }

    /// The first line of a file.
    private static func password(_ path: String) throws(PostgresError) -> String {
        guard let file = fopen(path, "re") else {
            throw PostgresError(.settings, "cannot read password_file \(path): \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        var line = [UInt8](repeating: 0, count: 4096)
        let count = fread(&line, 1, line.count, file)
        guard ferror(file) == 0 else {
            throw PostgresError(.settings, "cannot read password_file \(path): \(String(cString: strerror(errno)))")
        }
        let password = line[..<count].prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        guard !password.isEmpty, !password.contains(0) else {
            throw PostgresError(.settings, "password_file \(path) has no password in its first line")
        }
        return String(decoding: password, as: UTF8.self)
    }

    /// Keywords with values for one server.
    func parameters(for host: Host) -> [(keyword: String, value: String)] {
        var parameters = values
        parameters["host"] = host.name
        parameters["hostaddr"] = host.address
        parameters["port"] = host.port
        return parameters.map { ($0.key, $0.value) }
    }
}
