internal import Delivery

extension MailboxAccount {
    /// What to do if the server refuses the login, for people.
    var advice: String {
        switch secret {
        case .passwordFile(let path): "if the password has changed, write the new one into \(path)"
        case .credential(let name): "if the password has changed, renew the credential \(name)"
        case .password: "if the password has changed, set the new one in the environment"
        case .tokenFile(let path): "renew the token in \(path)"
        case nil: "get a new refresh token, or let the application into the mailbox again"
        }
    }
}
