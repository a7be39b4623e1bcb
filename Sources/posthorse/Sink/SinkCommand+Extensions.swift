import ArgumentParser
import Sink

/// Optional extensions of `posthorse sink`.
struct SinkExtensionOptions: ParsableArguments {
    @Flag(name: .customLong("smtputf8"), help: "Offer SMTPUTF8.")
    var smtpUTF8 = false
    @Flag(help: "Offer DSN.")
    var dsn = false
    @Flag(help: "Offer CHUNKING and BINARYMIME, and accept BDAT.")
    var chunking = false
    @Flag(name: .customLong("requiretls"), help: "Offer REQUIRETLS over TLS.")
    var requireTLS = false
    @Flag(help: "Offer MT-PRIORITY.")
    var mtPriority = false
    @Option(
        help: ArgumentHelp(
            "Announce limits, such as RCPTMAX=100,MAILMAX=5, and refuse what exceeds them.", valueName: "limits"))
    var limits: SinkLimits?

    func apply(to settings: inout SinkSettings) {
        let all: [(SinkExtension, Bool)] = [
            (.smtpUTF8, smtpUTF8), (.dsn, dsn), (.chunking, chunking), (.requireTLS, requireTLS),
            (.mtPriority, mtPriority),
        ]
        settings.extensions = Set(all.filter(\.1).map(\.0))
        settings.maxRecipients = limits?.recipients
        settings.maxMessages = limits?.messages
    }
}

/// Limits in the words of RFC 9422: `RCPTMAX=100,MAILMAX=5`.
struct SinkLimits: ExpressibleByArgument {
    private(set) var recipients: Int?
    private(set) var messages: Int?

    init?(argument: String) {
        for limit in argument.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = limit.split(separator: "=", omittingEmptySubsequences: false)
            guard parts.count == 2, let number = Int(parts[1]), number > 0 else { return nil }
            switch parts[0].uppercased() {
            case "RCPTMAX": recipients = number
            case "MAILMAX": messages = number
            default: return nil
            }
        }
    }
}
