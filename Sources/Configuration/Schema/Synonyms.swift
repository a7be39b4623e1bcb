/// Names that other programs use for the keys and tables of relay.conf.
enum Synonyms {
    /// By table; the empty key stands for tables and for keys before the first table.
    private static let bySection: [String: [String: String]] = [
        "": [
            "server": "upstream", "relay": "upstream", "smarthost": "upstream", "provider": "upstream",
            "relayhost": "upstream", "smtp": "upstream", "listen": "listener", "smtpd": "listener", "queue": "spool",
            "routing": "route", "myhostname": "hostname", "probe": "round_trip", "roundtrip": "round_trip",
            "database": "cluster", "postgres": "cluster", "postgresql": "cluster",
        ],
        "spool": ["dir": "path", "directory": "path", "data_dir": "path", "folder": "path", "max_size": "max_bytes"],
        "listener": [
            "listen": "address", "bind": "address", "host": "address", "port": "address", "ip": "address",
            "networks": "allow", "mynetworks": "allow", "ssl": "tls", "starttls": "tls",
            "message_size_limit": "max_message_size",
            "size_limit": "max_message_size",
        ],
        "user": ["username": "name", "login": "name", "hash": "password_hash"],
        "upstream": [
            "host": "address", "hostname": "address", "server": "address", "port": "address", "url": "address",
            "login": "username", "secret": "password_file", "ssl": "tls", "starttls": "tls",
            "rate_limit": "max_rate",
        ],
        "upstream.oauth2": oauth2, "round_trip.mailbox.oauth2": oauth2,
        "round_trip": [
            "interval": "every", "from": "sender", "to": "recipient", "upstream": "upstreams",
            "threshold": "missing_threshold",
            "timeout": "missing_after", "imap": "mailbox", "pop3": "mailbox", "account": "mailbox",
        ],
        "round_trip.mailbox": [
            "protocol": "type", "host": "address", "server": "address", "port": "address", "login": "username",
            "user": "username", "secret": "password_file", "ssl": "tls", "starttls": "tls", "folder": "folders",
            "oauth": "oauth2",
        ],
        "cluster": [
            "url": "database", "dsn": "database", "conninfo": "database", "connection": "database", "host": "database",
            "dbname": "database", "postgres": "database", "postgresql": "database", "password": "password_file",
            "name": "node", "id": "node", "hostname": "node",
        ],
        "log": ["verbosity": "level", "debug": "level"],
        "admin": [
            "path": "socket", "address": "socket", "listen": "http", "cert": "certificate", "key": "private_key",
            "tokens": "token",
        ],
    ]

    private static let oauth2 = [
        "url": "token_url", "endpoint": "token_url", "client_secret": "client_secret_file",
        "refresh_token": "refresh_token_file", "grant_type": "grant", "scopes": "scope", "provider": "preset",
        "tenant_id": "tenant",
    ]

    static func key(for name: String, in section: String) -> String? {
        bySection[section]?[name.lowercased()]
    }
}
