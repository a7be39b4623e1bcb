import Mail
import SASL
import TLS
import Testing

/// A test server's users: every name has the same password.
struct Users {
    static let cheap = PasswordCost(exponent: 10, blockSize: 1, parallelism: 1, scramIterations: 4096)

    private var hashes: [String: PasswordHash] = [:]

    init(_ passwords: [String: String], includesSCRAM: Bool = true) throws {
        for (name, password) in passwords {
            hashes[name] = try PasswordHash(
                password: Array(password.utf8), cost: Self.cheap, includesSCRAM: includesSCRAM)
        }
    }

    func keys(of user: String) -> SCRAMKeys? { hashes[user]?.scramKeys }

    func isRight(_ password: [UInt8], of user: String) throws -> Bool {
        try hashes[user]?.verify(password) ?? false
    }
}

/// Runs a client's login against a server, as two SMTP sessions would.
struct Login {
    enum End: Equatable {
        case succeeded(user: String)
        case failed(SASLFailure)
        case cancelled(SASLError.Code)
    }

    let users: Users
    /// Modifies what passes from server to client.
    var tamper: ([UInt8]) -> [UInt8] = { $0 }

    init(_ users: Users) {
        self.users = users
    }

    func run(_ client: inout SASLClient, _ server: inout SASLServer) throws -> End {
        var action = server.start(initialResponse: client.start())
        while true {
            switch action {
            case .challenge(let challenge):
                do throws(SASLError) {
                    action = server.respond(try client.respond(to: tamper(challenge)))
                } catch {
                    return .cancelled(error.code)
                }
            case .checkPassword(let user, let password):
                action = server.passwordChecked(try users.isRight(password, of: user))
            case .lookUp(let user):
                action = server.found(users.keys(of: user))
            case .succeeded(let user):
                do throws(SASLError) { try client.succeeded() } catch { return .cancelled(error.code) }
                return .succeeded(user: user)
            case .failed(let failure):
                return .failed(failure)
            }
        }
    }
}

let decoy: SCRAMDecoy = {
    do { return try SCRAMDecoy() } catch { fatalError("no randomness: \(error)") }
}()

func makeServer(_ mechanism: SASLMechanism, binding: ChannelBinding? = nil, nonce: String = "server") throws
    -> SASLServer
{
    let nonce = try #require(SCRAMNonce(nonce))
    return try #require(SASLServer(mechanism, binding: binding, decoy: decoy, nonce: nonce))
}

func makeClient(
    _ mechanism: SASLMechanism, _ user: String, _ password: String, binding: ChannelBinding? = nil,
    keys: SCRAMClientKeys? = nil
) throws -> SASLClient {
    try SASLClient(
        mechanism, credentials: Credentials(username: user, secret: .password(Array(password.utf8))),
        binding: binding, nonce: SCRAMNonce(), keys: keys)
}

func text(_ octets: [UInt8]) -> String { String(decoding: octets, as: UTF8.self) }
