/// A text for people with placeholders such as `{recipients}`, from `template_file`. `{{` stands for one brace, and a brace
/// that no name follows stands for itself.
package struct NoticeTemplate: Hashable, Sendable {
    /// What can stand between braces.
    package enum Placeholder: String, Hashable, Sendable, CaseIterable {
        /// A sentence: what the notice is about.
        case summary
        /// Each recipient with what happened, the upstream's words, and what can be done; several lines.
        case recipients
        /// A sentence: what of the original is attached.
        case returned
        /// `failure`, `delay` or `success`.
        case kind
        /// The sender of the original, in angle brackets.
        case sender
        /// The name of the relay.
        case hostname
        /// The address in `postmaster`, or `postmaster@` and the name of the relay.
        case postmaster
        case queueID = "queue_id"
        /// The Message-ID of the original, or `unknown`.
        case messageID = "message_id"
        /// When the relay accepted the original.
        case receivedAt = "received_at"
    }

    /// A placeholder that does not exist, or does not end.
    package struct Problem: Hashable, Sendable, CustomStringConvertible {
        /// From 1.
        package let line: Int
        package let name: String
        /// Whether its closing brace is missing.
        package var isOpen = false

        package var description: String {
            guard !isOpen else { return "line \(line): {\(name) without a closing brace; write {{ for a brace" }
            let names = Placeholder.allCases.map { "{\($0.rawValue)}" }.joined(separator: ", ")
            return "line \(line): unknown placeholder {\(name)}; there are \(names)"
        }
    }

    /// Everything wrong with a text.
    package struct Problems: Error, Hashable, Sendable {
        package let all: [Problem]
    }

    private enum Piece: Hashable {
        case text(String)
        case placeholder(Placeholder)
    }

    private var pieces: [Piece] = []

    /// - Parameter text: with LF or CRLF. Control characters other than tabs are left out.
    package init(_ text: String) throws(Problems) {
        var problems: [Problem] = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            if index > 0 { append("\n") }
            problems += read(line).map { Problem(line: index + 1, name: $0.name, isOpen: $0.isOpen) }
        }
        if !problems.isEmpty { throw Problems(all: problems) }
    }

    /// Whether its reader learns whom it is about.
    package var namesRecipients: Bool { pieces.contains(.placeholder(.recipients)) }

    /// The text with each placeholder replaced.
    func fill(_ value: (Placeholder) -> String) -> String {
        pieces.map { piece in
            switch piece {
            case .text(let text): text
            case .placeholder(let placeholder): value(placeholder)
            }
        }.joined()
    }

    /// Adds a line; gives the names of unknown placeholders, and of those that do not end.
    private mutating func read(_ line: Substring) -> [(name: String, isOpen: Bool)] {
        var unknown: [(name: String, isOpen: Bool)] = []
        var rest = line
        while let brace = rest.firstIndex(of: "{") {
            append(PlainText.clean(String(rest[..<brace])))
            rest = rest[rest.index(after: brace)...]
            if rest.first == "{" {
                append("{")
                rest = rest.dropFirst()
            } else if let name = rest.prefixMatch(of: #/([A-Za-z_][A-Za-z0-9_]*)\}?/#) {
                if name.0.last != "}" {
                    unknown.append((String(name.1), true))
                } else if let placeholder = Placeholder(rawValue: String(name.1)) {
                    pieces.append(.placeholder(placeholder))
                } else {
                    unknown.append((String(name.1), false))
                }
                rest = rest[name.range.upperBound...]
            } else {
                append("{")
            }
        }
        append(PlainText.clean(String(rest)))
        return unknown
    }

    private mutating func append(_ text: String) {
        guard case .text(let former)? = pieces.last else { return pieces.append(.text(text)) }
        pieces[pieces.count - 1] = .text(former + text)
    }
}

extension NoticeTemplate {
    /// The text used where there is no `template_file`; it has every part that a template of one's own may have.
    package static let standardText = """
        This is the mail relay at {hostname}.

        {summary}

        {recipients}

        {returned}

        Message-ID: {message_id}
        Received:   {received_at}
        Queue ID:   {queue_id}

        """

    static let standard: NoticeTemplate = {
        do throws(Problems) { return try NoticeTemplate(standardText) } catch {
            preconditionFailure("the standard text: \(error.all)")
        }
    }()
}
