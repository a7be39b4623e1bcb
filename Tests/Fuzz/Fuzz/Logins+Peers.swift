internal import SASL

extension Login {
    /// A server and an arbitrary client, which cannot log in without the password.
    func serve(_ choices: inout Choices) {
        guard var server = server() else { return }
        let initial = choices.octet() & 1 == 1 ? choices.octets() : nil
        var sent = [initial ?? []]
        var action = settle(server.start(initialResponse: initial), &server)
        while case .challenge = action {
            require(sent.count < 8, "the server goes on asking")
            let response = choices.octets()
            sent.append(response)
            action = settle(server.respond(response), &server)
        }
        guard case .succeeded(let user) = action else { return }
        require(user == Self.user && !mechanism.isSCRAM, "somebody got in as \(user)")
        require(sent.joined().contains(Self.password), "somebody got in without the password")
    }

    /// A client and an arbitrary server, which never learns a password that the mechanism hides, and is not believed by
    /// a SCRAM client.
    func logIn(_ choices: inout Choices) {
        guard var client = client() else { return }
        var said = client.start() ?? []
        for _ in 0..<8 {
            let challenge = choices.octets()
            guard !client.isSlow(challenge), let response = try? client.respond(to: challenge) else { break }
            said += response
        }
        require(mechanism.showsSecret || !said.contains(Self.password), "the password was shown")
        guard mechanism.isSCRAM else { return }
        require((try? client.succeeded()) == nil, "the client believes a server that has not proved itself")
    }

    /// The client sees no channel binding although the server offered one (RFC 5802 section 6).
    private var isDowngraded: Bool { mechanism == .scramSHA256 && binding != nil }

    /// Both, with somebody in between who changes one message. Without the change they agree; with it they do not, if
    /// the mechanism protects its messages.
    func meet(_ choices: inout Choices) {
        guard var client = client(), var server = server() else { return }
        let change = Change(&choices)
        var count = 0
        var changed = false
        func pass(_ message: [UInt8]) -> [UInt8] {
            defer { count += 1 }
            guard count == change.message else { return message }
            let result = change.apply(message)
            changed = result != message
            return result
        }
        var action = settle(server.start(initialResponse: client.start().map(pass)), &server)
        while case .challenge(let challenge) = action {
            let received = pass(challenge)
            guard !client.isSlow(received), let response = try? client.respond(to: received) else {
                require(changed, "the client gives up though nothing was changed")
                return
            }
            action = settle(server.respond(pass(response)), &server)
        }
        let believes = (try? client.succeeded()) != nil
        let succeeded = action == .succeeded(user: Self.user)
        guard !isDowngraded else { return require(!succeeded, "the binding was taken away, and nobody noticed") }
        require(changed || succeeded && believes, "the two do not agree though nothing was changed: \(action)")
        // Message 3 of SCRAM may have extensions after the proof, which nothing protects.
        guard mechanism.isSCRAM, changed, change.message != 3 else { return }
        require(!succeeded || !believes, "a changed message was not noticed")
    }
}

/// A change of one message: octets removed, and others inserted.
private struct Change {
    let message: Int
    private let start: Int
    private let removed: Int
    private let added: [UInt8]

    init(_ choices: inout Choices) {
        message = Int(choices.octet() % 8)
        start = Int(choices.octet())
        removed = Int(choices.octet() % 8)
        added = choices.octets()
    }

    func apply(_ octets: [UInt8]) -> [UInt8] {
        let from = min(start, octets.count)
        return octets[..<from] + added + octets[min(from + removed, octets.count)...]
    }
}

extension SASLMechanism {
    fileprivate var isSCRAM: Bool {
        switch self {
        case .scramSHA256, .scramSHA256Plus: true
        case .plain, .login, .cramMD5, .xoauth2, .oauthBearer: false
        }
    }
}
