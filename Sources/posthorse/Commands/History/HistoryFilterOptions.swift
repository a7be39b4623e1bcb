import Admin
import ArgumentParser
import Mail

/// The filter of `history …` commands.
struct HistoryFilterOptions: ParsableArguments {
    static let discussion = """
        A message matches if it meets every option about messages, and one of its recipients meets every option about \
        recipients. In addresses, names and domains, "*" stands for any text. A whole address of a recipient or a sender, a \
        Message-ID, a queue ID, a user and a stream are found at once; everything else is looked for in all that is kept, \
        or in the time between --since and --until.

        Moments: \(MomentArgument.help).
        """

    @Option(help: ArgumentHelp("Only messages to this address.", valueName: "address"))
    var recipient: String?
    @Option(help: ArgumentHelp("Only messages from this address; \"<>\" is the empty sender.", valueName: "address"))
    var sender: String?
    @Option(help: ArgumentHelp("Only messages with a recipient in this domain.", valueName: "domain"))
    var domain: String?
    @Option(help: ArgumentHelp("Only messages with this Message-ID.", valueName: "id"))
    var messageId: String?
    @Option(help: ArgumentHelp("Only the message with this queue ID.", valueName: "id"), transform: QueueID.argument)
    var queueId: QueueID?
    @Option(help: ArgumentHelp("Only messages that this user handed in.", valueName: "name"))
    var user: String?
    @Option(help: ArgumentHelp("Only messages of this stream: of a user, else of a route.", valueName: "name"))
    var stream: String?
    @Option(help: ArgumentHelp("Only messages with a recipient that took this route.", valueName: "name"))
    var route: String?
    @Option(help: ArgumentHelp("Only messages with a recipient last tried at this upstream.", valueName: "name"))
    var upstream: String?
    @Option(help: "Only messages with a recipient that came to this: delivered, failed or dropped.")
    var outcome: String?
    @Option(
        name: .customLong("class"),
        help: ArgumentHelp("Only messages with a recipient that failed for this reason.", valueName: "class"))
    var failureClass: FailureClass?
    @Option(
        help: ArgumentHelp(
            "Only messages with a recipient in whose last reply or error this is found: an extended regular expression "
                + "of POSIX, with \\d for a digit; (?i) in front ignores case.", valueName: "regex"))
    var lastReply: String?
    @Option(help: ArgumentHelp("Only messages accepted then or later.", valueName: "moment"))
    var since: MomentArgument?
    @Option(help: ArgumentHelp("Only messages accepted before.", valueName: "moment"))
    var until: MomentArgument?
    @Option(
        help: ArgumentHelp("Only messages accepted at least this long ago, such as 90s, 2h or 3d.", valueName: "age"))
    var olderThan: DurationArgument?
    @Option(help: ArgumentHelp("Only messages accepted at most this long ago.", valueName: "age"))
    var newerThan: DurationArgument?

    /// - Throws: `ValidationError` for a bad value.
    func validateAll() throws {
        if let since, let until, since.moment >= until.moment {
            throw ValidationError("--since is not before --until: nothing can match.")
        }
        do throws(AdminError) {
            _ = try HistoryQuestion(query: question.query)
        } catch {
            throw ValidationError("\(error.message).")
        }
    }

    var question: HistoryQuestion {
        var question = HistoryQuestion()
        question.recipient = recipient
        question.sender = sender
        question.domain = domain
        question.messageID = messageId
        question.queueID = queueId
        question.user = user
        question.stream = stream
        question.route = route
        question.upstream = upstream
        question.outcome = outcome
        question.failureClass = failureClass
        question.lastReply = lastReply
        question.since = since?.moment
        question.until = until?.moment
        question.olderThan = olderThan?.duration
        question.newerThan = newerThan?.duration
        return question
    }
}
