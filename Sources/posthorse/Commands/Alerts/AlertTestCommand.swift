import Admin
import ArgumentParser
import Console
import NIOCore

/// `posthorse alert test`.
struct AlertTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Tell everybody of an alert once, as a test, and see whether that works.",
        discussion: """
            What is sent says that it is a test. It is tried once; nothing about the alert changes. Exits with 69 if somebody \
            could not be told.
            """)

    @OptionGroup var order: AlertOrderOptions

    func run() async throws {
        let document = AlertOrderDocument(reason: order.reason.text, dryRun: order.dryRun)
        var (standardOutput, results) = (Output(loss: .ignored), [AlertTestDocument]())
        try await RelayClient(order.options).forEachLine(posting: document, to: AdminPath.alert(order.name, .test)) {
            line in
            let result = try AdminJSON.decode(AlertTestDocument.self, from: line)
            results.append(result)
            if order.output.json {
                standardOutput.write(octets: line.readableBytesView)
                standardOutput.write("\n")
            } else {
                standardOutput.line(Printable.line(Self.words(result)))
            }
        }
        if results.isEmpty, !order.output.json {
            standardOutput.line("\(order.name) is told to the log only: there is nobody to try.")
        }
        standardOutput.flush()
        let failed = results.filter { $0.result == "failed" }.map(\.notify)
        if !failed.isEmpty { throw Failure(.notRunning, "not told: \(failed.joined(separator: ", "))") }
    }

    private static func words(_ result: AlertTestDocument) -> String {
        switch result.result {
        case "would_send": "\(result.notify) would be told"
        case "sent": "\(result.notify) was told"
        case _: "\(result.notify) was not told: \(result.reason ?? "-")"
        }
    }
}
