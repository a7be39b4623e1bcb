internal import Mail

/// Makes the listeners of settings, and finds the sockets that they keep.
struct ListenerMaker {
    let settings: IngressSettings
    let quotas: IngressLimits
    /// nil if nobody can log in.
    let logins: LoginService?

    init(_ settings: IngressSettings, quotas: IngressLimits, logins: LoginService?) {
        (self.settings, self.quotas, self.logins) = (settings, quotas, logins)
    }

    /// For each listener its socket: one of the former ones if the address is the same, else one that is not bound yet.
    ///
    /// - Throws: ``IngressError``.
    func plan(_ former: [ListenerSocket]) throws -> [(socket: ListenerSocket, listener: Listener)] {
        let known = Dictionary(former.map { ($0.key, $0) }) { first, _ in first }
        return try zip(settings.listeners, ListenerSocket.Key.all(settings.listeners)).map { settings, key in
            let socket = known[key]
            let listener = try Listener(
                settings, hostname: self.settings.hostname, quotas: quotas, logins: logins,
                rewrites: RewriteRules(self.settings.rewrites), inPlaceOf: socket?.listener)
            return (socket ?? ListenerSocket(key, listener), listener)
        }
    }

    /// The listener for messages that come by the API; nil if there is none.
    func submissions() throws -> Listener? {
        try settings.listeners.first.map {
            try Listener(
                $0.forSubmissions, hostname: settings.hostname, quotas: quotas,
                rewrites: RewriteRules(settings.rewrites))
        }
    }
}
