import Admin
import ArgumentParser
import Mail

/// The filter that `queue …` commands take wherever they take queue IDs.
struct QueueFilterOptions: ParsableArguments {
    static let discussion = """
        A message matches a filter if it meets every option about messages, and one of its recipients meets every option \
        about recipients. States: \(MessageDocument.states.joined(separator: ", ")). In names and domains, "*" stands for \
        any text.
        """
    static let idsHelp: ArgumentHelp = "Queue IDs, as queue list and the log show them; instead of a filter."

    @Option(help: "Only messages with a recipient in this state.")
    var state: String?
    @Option(
        help: ArgumentHelp("Only messages whose sender contains this; \"<>\" is the empty sender.", valueName: "text"))
    var sender: String?
    @Option(help: ArgumentHelp("Only messages with a recipient that contains this.", valueName: "text"))
    var recipient: [String] = []
    @Option(help: ArgumentHelp("Only messages with a recipient in this domain.", valueName: "domain"))
    var domain: String?
    @Option(help: ArgumentHelp("Only messages whose current or last attempt used this upstream.", valueName: "name"))
    var upstream: String?
    @Option(help: ArgumentHelp("Only messages with a recipient that takes this route.", valueName: "name"))
    var route: String?
    @Option(
        help: ArgumentHelp(
            "Only messages of this stream: the user who submitted them, else their route.", valueName: "name"))
    var stream: String?
    @Option(help: ArgumentHelp("Only messages that this user submitted.", valueName: "name"))
    var user: String?
    @Option(
        name: .customLong("class"),
        help: ArgumentHelp(
            "Only messages with a recipient that failed for this reason.", valueName: "class"))
    var failureClass: FailureClass?
    @Option(
        help: ArgumentHelp("Only messages accepted at least this long ago, such as 90s, 2h or 3d.", valueName: "age"))
    var olderThan: DurationArgument?
    @Option(help: ArgumentHelp("Only messages accepted at most this long ago.", valueName: "age"))
    var newerThan: DurationArgument?
    @Option(
        help: ArgumentHelp(
            "Only messages with a recipient whose last reply or error matches this POSIX extended regular expression; "
                + "\\d is a digit, and (?i) in front ignores case.", valueName: "regex"))
    var lastReply: String?
    @Option(help: ArgumentHelp("At most this many messages.", valueName: "n"))
    var limit: Int?

    /// - Throws: `ValidationError` for a bad value, or if there are IDs as well.
    func validate(_ ids: [QueueID]) throws {
        if recipient.count > 1 { throw ValidationError("--recipient is given twice: a filter has each option once.") }
        if let limit, limit < 1 { throw ValidationError("--limit must be at least 1.") }
        do throws(AdminError) {
            _ = try QueueFilter(query: filter(ids).query)
        } catch {
            throw ValidationError("\(error.message).")
        }
        if !ids.isEmpty, !isEmpty { throw ValidationError("Give either queue IDs or a filter.") }
    }

    /// Whether there is no option.
    var isEmpty: Bool { filter([]) == QueueFilter() }

    func filter(_ ids: [QueueID]) -> QueueFilter {
        var filter = QueueFilter()
        filter.state = state
        filter.sender = sender
        filter.recipient = recipient.first
        filter.domain = domain
        filter.upstream = upstream
        filter.route = route
        filter.stream = stream
        filter.user = user
        filter.failureClass = failureClass
        filter.olderThan = olderThan?.duration
        filter.newerThan = newerThan?.duration
        filter.lastReply = lastReply
        filter.limit = limit
        filter.ids = ids.isEmpty ? nil : Set(ids)
        return filter
    }
}

extension FailureClass: ExpressibleByArgument {}
