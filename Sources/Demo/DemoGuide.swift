import Console

/// The demo's suggestions for its user.
struct DemoGuide {
    let directory: DemoDirectory
    /// `127.0.0.1:2525`
    let listener: String
    /// `127.0.0.1:8025`
    let api: String
    let token: String
    let sinks: DemoSinks
    /// This program as a word for a shell.
    let program: String

    private var config: String { "--config \(Invocation.quoted(directory.configuration))" }
    private var mail: String { Invocation.quoted(directory.mail) }
    private var host: String { String(listener.prefix { $0 != ":" }) }
    private var port: String { String(listener.drop { $0 != ":" }.dropFirst()) }

    var text: String {
        let (primary, secondary) = (sinks.upstreams[0], sinks.upstreams[1])
        let names = sinks.upstreams.map(\.name).joined(separator: ", ")
        return """

            Posthorse takes mail at \(listener) and hands it to the first of \(names)
            that works. They deliver into mailboxes, where the relay looks for probes that it sends through each.
            Everything is in \(directory.path).

            Send a mail, in another terminal, in one of these ways:
              swaks --server \(listener) --from you@example.org --to friend@example.net
              curl smtp://\(listener) --mail-from you@example.org --mail-rcpt friend@example.net -T \(mail)
              python3 -c 'import smtplib; smtplib.SMTP("\(host)", \(port)).sendmail("you@example.org", ["friend@example.net"], "Subject: Hello\\r\\n\\r\\nHello\\r\\n")'

            Stop the primary, and send again: mail goes to the secondary.
              kill \(primary.pid)
            Stop the secondary too: mail waits in the queue until one is back.
              kill \(secondary.pid)
            Start the primary again: mail returns to it once checks have found it well.
              \(primary.restart(program))
            Or keep mail from the primary without stopping it; traffic returns by itself:
              \(program) upstream trip \(primary.name) --for 10s \(config)

            Let the primary say 250 and deliver nothing: probes that do not arrive show it within half a minute, and mail
            goes to the secondary. The same again mends it, and probes that arrive bring the traffic back:
              kill -USR2 \(primary.pid)

            See all of that on the page, which asks for the token:
              http://\(api)/
              \(token)

            Read the newest mail to friend@example.net:
              curl -u friend@example.net:\(DemoSinks.password) 'imap://\(sinks.mailbox.mailboxes ?? "")/INBOX;UID=*'

            Look at the queue, the upstreams and the round trips:
              \(program) queue list \(config)
              \(program) upstream list \(config)
              \(program) upstream show \(primary.name) \(config)
              \(program) round-trip list \(config)

            Ctrl-C ends the demo. What happens from now on:

            """
    }
}
