internal import SASL
internal import TLS

/// Logins with every mechanism: a server with a hostile client, a client with a hostile server, and the two with each
/// other while somebody in between changes messages.
func fuzzLogin(_ input: UnsafeRawBufferPointer) {
    var choices = Choices(input)
    let mechanism = choices.one(of: SASLMechanism.allCases)
    let isBound = choices.octet() & 1 == 1
    let login = Login(mechanism, binding: isBound ? ChannelBinding(exporter: Array(repeating: 7, count: 32)) : nil)
    switch choices.octet() % 3 {
    case 0: login.serve(&choices)
    case 1: login.logIn(&choices)
    default: login.meet(&choices)
    }
}

/// One user, whose keys are derived once.
struct Login {
    static let user = "jo,e="
    static let password = Array("correct horse battery staple".utf8)
    static let salt = Array("salty and long enough".utf8)
    private static let keys = try? SCRAMKeys(password: password, salt: salt, iterations: 4096)
    private static let decoy = try? SCRAMDecoy()
    private static let clientNonce = SCRAMNonce("client")
    private static let serverNonce = SCRAMNonce("server")
    /// A client's keys from an earlier login, so that the fuzzer does not spend its time on PBKDF2.
    private static let clientKeys = makeClientKeys()

    let mechanism: SASLMechanism
    let binding: ChannelBinding?

    init(_ mechanism: SASLMechanism, binding: ChannelBinding?) {
        self.mechanism = mechanism
        self.binding = binding
    }

    /// nil if the server does not support the mechanism.
    func server() -> SASLServer? {
        guard let decoy = Self.decoy, let nonce = Self.serverNonce else { fatalError("nothing to log in with") }
        return SASLServer(mechanism, binding: binding, decoy: decoy, nonce: nonce)
    }

    /// nil if there is nothing to bind to.
    func client() -> SASLClient? {
        guard let nonce = Self.clientNonce else { fatalError("nothing to log in with") }
        let secret = mechanism.takesToken ? Credentials.Secret.token(Self.password) : .password(Self.password)
        return try? SASLClient(
            mechanism, credentials: Credentials(username: Self.user, secret: secret), binding: binding, nonce: nonce,
            keys: Self.clientKeys)
    }

    /// The server owner's answers, until it is the client's turn or the login is over.
    func settle(_ action: SASLServer.Action, _ server: inout SASLServer) -> SASLServer.Action {
        switch action {
        case .challenge, .succeeded, .failed: return action
        case .checkPassword(let user, let password):
            check(user, server)
            return settle(server.passwordChecked(user == Self.user && password == Self.password), &server)
        case .lookUp(let user):
            check(user, server)
            return settle(server.found(user == Self.user ? Self.keys : nil), &server)
        }
    }

    private func check(_ user: String, _ server: SASLServer) {
        require(server.user == user, "the server has another name than it asks about")
        require((1...SASLServer.userLimit).contains(user.utf8.count), "the name has a size that none has")
        require(user.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }, "a control character got into a name")
    }

    private static func makeClientKeys() -> SCRAMClientKeys? {
        let login = Login(.scramSHA256, binding: nil)
        guard let nonce = clientNonce, var server = login.server(),
            var client = try? SASLClient(
                .scramSHA256, credentials: Credentials(username: user, secret: .password(password)), binding: nil,
                nonce: nonce),
            case .challenge(let first) = login.settle(server.start(initialResponse: client.start()), &server)
        else { return nil }
        _ = try? client.respond(to: first)
        return client.scramKeys
    }
}
