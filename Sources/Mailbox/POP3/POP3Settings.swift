/// How a session with a POP3 server works.
package struct POP3Settings: Hashable, Sendable {
    package var security = MailboxSecurity()
    package var limits = MailboxLimits()

    package init(security: MailboxSecurity = MailboxSecurity(), limits: MailboxLimits = MailboxLimits()) {
        self.security = security
        self.limits = limits
    }
}
