package import Configuration

/// The answer to a failed request (RFC 9457); property names match the JSON.
package struct ProblemDocument: Hashable, Sendable, Codable {
    /// There is no page about each kind of problem.
    package var type = "about:blank"
    /// The words for the status.
    package var title: String
    package var status: Int
    /// One sentence about this problem.
    package var detail: String
    /// The same sentence, for clients that are older than the other members.
    package var error: String
    /// For mail that was refused: the code of SMTP.
    package var smtpCode: Int?
    /// The whole reply of SMTP.
    package var smtpReply: String?
    /// The address that it is about.
    package var address: String?
    /// For a relay.conf that cannot be used: everything that is wrong with it.
    package var problems: [ConfigurationProblem]?

    private enum CodingKeys: String, CodingKey {
        case type, title, status, detail, error, address, problems
        case smtpCode = "smtp_code"
        case smtpReply = "smtp_reply"
    }

    package init(status: Int, title: String, detail: String) {
        self.status = status
        self.title = title
        self.detail = detail
        error = detail
    }
}

/// What a client needs of the answer to a failed request.
package struct ErrorDocument: Hashable, Sendable, Codable {
    package var error: String

    package init(_ error: String) {
        self.error = error
    }
}
