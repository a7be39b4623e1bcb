import Mailbox

/// A mechanism with fixed answers, which believes success after the last of them.
struct ScriptedAuthenticator: Authenticator {
    let mechanism: String
    var initial: String?
    var answers: [ChallengeAnswer]

    mutating func initialResponse() -> [UInt8]? { initial.map { Array($0.utf8) } }

    mutating func answer(_ challenge: [UInt8]) -> ChallengeAnswer {
        answers.isEmpty ? .cancel("no answer is left") : answers.removeFirst()
    }

    var acceptsSuccess: Bool { answers.isEmpty }
    var explanation: String? { nil }
    var secret: [UInt8] { [] }
}

/// The logins of transcripts.
func authenticator(_ words: [String]) -> any Authenticator {
    switch words[0] {
    case "plain": PlainAuthenticator(username: words[1], password: Array(words[2].utf8))
    case "xoauth2": BearerAuthenticator.xoauth2(username: words[1], token: words[2])
    case "oauthbearer": BearerAuthenticator.oauthBearer(username: words[1], token: words[2])
    case "scram":
        ScriptedAuthenticator(
            mechanism: "SCRAM-SHA-256", initial: "n,,n=u,r=c",
            answers: [.response(Array("c=biws,r=cs,p=proof".utf8)), .response([])])
    case "slow":
        ScriptedAuthenticator(mechanism: "SCRAM-SHA-256", initial: "n,,n=u,r=c", answers: [.later, .response([])])
    default: preconditionFailure("not a login: \(words)")
    }
}
