import Console

/// The demo's suggestions for its user.
struct DemoGuide {
    let directory: DemoDirectory
    /// `127.0.0.1:2525`
    let listener: String
    /// `127.0.0.1:8025`
    let api: String
    let token: String
    let sinks: [(name: String, address: String, pid: Int32)]
    /// This program as a word for a shell.
    let program: String

    private var config: String { "--config \(Invocation.quoted(directory.configuration))" }
    private var mail: String { Invocation.quoted(directory.mail) }
    private var host: String { String(listener.prefix { $0 != ":" }) }
    private var port: String { String(listener.drop { $0 != ":" }.dropFirst()) }

    var text: String {
        let primary = sinks[0]
        return """

            Posthorse takes mail at \(listener) and hands it to the first of \(sinks.map(\.name).joined(separator: ", "))
            that works. Everything is in \(directory.path).

            Send a mail, in another terminal, in one of these ways:
              swaks --server \(listener) --from you@example.org --to friend@example.net
              curl smtp://\(listener) --mail-from you@example.org --mail-rcpt friend@example.net -T \(mail)
              python3 -c 'import smtplib; smtplib.SMTP("\(host)", \(port)).sendmail("you@example.org", ["friend@example.net"], "Subject: Hello\\r\\n\\r\\nHello\\r\\n")'

            Stop the primary, and send again: mail goes to the secondary.
              kill \(primary.pid)
            Stop the secondary too: mail waits in the queue until one is back.
              kill \(sinks[1].pid)
            Start the primary again: mail returns to it once checks have found it well.
              \(restart(primary))
            Or keep mail from the primary without stopping it; traffic returns by itself:
              \(program) upstream trip \(primary.name) --for 10s \(config)

            See all of that on the page, which asks for the token:
              http://\(api)/
              \(token)

            Look at the queue and at the upstreams:
              \(program) queue list \(config)
              \(program) upstream list \(config)
              \(program) upstream show \(primary.name) \(config)

            Ctrl-C ends the demo. What happens from now on:

            """
    }

    func restart(_ sink: (name: String, address: String, pid: Int32)) -> String {
        "\(program) sink --listen \(sink.address) --name \(sink.name)"
    }
}
