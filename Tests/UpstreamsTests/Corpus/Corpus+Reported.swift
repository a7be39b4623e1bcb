extension Corpus {
    /// Refusals that failed mail at once, though they are about us or the server, and one that did not, though it is
    /// about the recipient.
    static let reported = """
        mail account - 552 Requested mail action aborted: exceeded storage allocation
        mail account - 552 Mail quota for this customer is used up
        mail account - 552 Kontingent aufgebraucht
        rcpt sender - 550 Requested action not taken: mailbox unavailable. Reject due to domain restrictions
        rcpt sender - 550 Requested action not taken: mailbox unavailable. invalid DNS MX or A/AAAA resource record
        rcpt sender - 550 Requested action not taken: mailbox unavailable (SPF)
        rcpt account - 550 mailbox unavailable: host vm.example.net not welcome
        rcpt account - 550 mailbox unavailable: visit https://x.example/?ip=10.0.0.1
        rcpt sender - 550 5.2.1 Sender account has been disabled
        rcpt account - 550 5.2.1 SMTP user disabled
        rcpt account - 550 5.2.1 Your subscription lapsed
        rcpt sender - 550 5.1.1 Sender address unknown
        rcpt account - 550 5.1.1 Mailbox unavailable: customer in arrears, outbound closed
        dot account - 550 5.2.1 account locked
        dot account - 554 5.2.1 Customer locked
        dot account - 552 5.2.2 You have used up the outgoing volume
        dot account - 552 5.2.2 Quota exceeded
        dot transport - 554 Virus scanner out of licence
        dot transport - 554 virus database outdated, rejecting all
        dot transport - 550 Unable to scan message for virus
        dot transport - 554 5.7.1 Mail could not be scanned for malware, engine down
        dot transport - 554 message content could not be stored: disk error
        dot account - 550 infected host detected on your side
        dot account - 550 Spam detected from your customers, port closed
        dot account - 550 phishing campaign from your organisation; all mail stopped
        dot account - 550 Message classified as spam because host has no PTR
        dot account - 554 5.3.4 Monthly transfer volume exceeded
        mail account - 523 5.3.4 over monthly volume
        dot account - 554 Message size exceeds remaining monthly traffic
        dot account - 552 message too large for what is left of your bundle
        dot transport - 554 5.6.0 license key for content filter invalid
        dot account - 554 5.6.0 too many complaints about this customer
        dot account - 554 5.6.0 Kein Guthaben
        rcpt account - 550 invalid recipient count for trial customers
        rcpt account - 550 User not found: invoice 123 unpaid
        rcpt account - 550 utilisateur inconnu: identifiez-vous
        rcpt account - 550 User unknown: shop is not registered for this smarthost
        rcpt recipient - 550 5.1.1 <x@d.test>: Recipient address rejected: User unknown in relay recipient table
        """

    /// Written after the first draft of the rules for the kinds above, before the rules had met any of these.
    static let unseen = """
        mail account - 552 Mailing quota of this login exhausted
        mail account - 552 exceeded storage allocation for your user
        mail transport - 552 Requested mail action aborted: storage full
        mail account - 552 Paket verbraucht
        mail account - 552 Plus de crédits
        mail account - 552 Sin fondos
        mail account - 552 Hourly cap hit
        mail transport - 552 large queue, no capacity
        mail account - 552 Long unpaid invoice
        mail account - 552 Your big-mail package has expired
        rcpt account - 550 Requested action not taken: mailbox unavailable. Sender address has null MX
        rcpt account - 550 Requested action not taken: mailbox unavailable. Bad DNS PTR resource record
        rcpt account - 550 mailbox unavailable, your IP is in our bad books
        rcpt account - 550 mailbox unavailable (ASN refused)
        rcpt account - 550 mailbox unavailable: policy
        rcpt account - 550 Mailbox unavailable. Visit http://x.example/why?addr=2001:db8::1
        rcpt account - 550 mailbox unavailable: connection from a residential line
        rcpt sender - 550 mailbox unavailable: envelope domain parked
        rcpt account - 550 mailbox unavailable: HELO vm.example.net looks generic
        rcpt account - 550 mailbox unavailable: too much junk from there
        rcpt account - 550 5.2.1 Relay user blocked
        rcpt account - 550 5.2.1 Access disabled until payment is received
        rcpt sender - 550 5.1.1 Return address does not exist
        rcpt sender - 550 5.1.1 envelope sender unknown
        rcpt account - 550 5.2.1 API user deactivated
        rcpt account - 550 5.2.1 Probezeit abgelaufen
        rcpt account - 550 5.2.1 Abonnement expiré
        rcpt account - 550 5.2.1 Service disabled
        rcpt account - 550 5.2.1 sending mailbox locked
        rcpt account - 550 5.1.1 no such tenant
        dot account - 550 5.2.1 locked
        dot account - 550 5.2.1 your mailbox is disabled
        dot account - 552 5.2.2 sender mailbox full
        dot account - 552 5.2.2 account over quota
        dot account - 552 5.2.2 volume limit
        rcpt account - 552 5.2.2 credit used
        rcpt account - 552 5.2.2 quota of your organisation exceeded
        rcpt account - 552 5.2.2 message quota for the day reached
        rcpt account - 552 5.2.2 Monatskontingent erschöpft
        rcpt account - 552 5.2.2 sending quota exceeded
        dot transport - 554 virus scanner not licensed
        dot transport - 550 anti-virus daemon died
        dot transport - 554 malware signatures older than 30 days
        dot transport - 554 spam message filter overloaded
        dot transport - 550 phishing feed could not be loaded
        dot transport - 554 message content lost
        dot transport - 554 virus scan error
        dot transport - 554 malware scanning disabled, refusing everything
        dot account - 550 virus traffic seen from 192.0.2.1
        dot account - 550 infected PC in your LAN
        dot account - 554 as spam: reverse lookup missing
        dot account - 550 spam detected in outgoing stream
        dot account - 554 Message rejected as spam: too many complaints
        dot sender - 554 message is spam, domain is brand new
        dot account - 550 your customers send malware
        dot account - 554 5.3.4 quota for outgoing bytes exhausted
        dot account - 554 5.3.4 Transfervolumen verbraucht
        mail account - 552 5.3.4 over the yearly volume
        mail account - 552 5.3.4 no credits for a message of this size
        dot account - 552 message too large for trial accounts
        dot account - 554 message size exceeds what is left this week
        dot transport - 552 5.3.4 Message too large for the spool
        dot account - 554 5.6.0 API key revoked
        dot transport - 554 5.6.0 queue broken
        dot account - 554 5.6.0 listed
        dot transport - 554 5.6.0 scanner crashed
        rcpt account - 550 invalid recipients limit for free plan
        rcpt account - 550 user unknown: please pay your bill
        rcpt account - 550 User unknown: device is not enrolled
        rcpt account - 550 utilisateur inconnu: compte suspendu
        rcpt account - 550 usuario desconocido: saldo insuficiente
        rcpt account - 550 unknown user: Lizenz ungültig
        rcpt account - 550 Invalid recipient for this API key
        rcpt account - 550 no such user: SASL needed
        rcpt account - 550 user not found in the list of paying customers
        rcpt account - 550 unknown recipient, you are over your quota
        rcpt account - 550 recipient does not exist for customers without contract
        rcpt account - 550 5.1.1 user unknown; tenant disabled
        rcpt account - 550 5.1.1 User unknown: phone verification pending
        rcpt account - 550 5.1.1 no such user, MX lookups for your domain fail
        """

    /// Likewise, with nothing that speaks against them.
    static let unseenPlain = #"""
        rcpt recipient/invalid_recipient - 550 No such user here
        rcpt recipient/invalid_recipient - 550 5.1.1 User unknown
        rcpt recipient - 550 User unknown
        rcpt recipient - 550 Unknown user: joe@example.org
        rcpt recipient - 550 <joe@example.org>: User unknown in local recipient table
        rcpt recipient - 550 5.1.1 <joe@example.org>: Recipient address rejected: User unknown in relay recipient table
        rcpt recipient - 550 joe@example.org... No such user
        rcpt recipient - 550 Mailbox unavailable
        rcpt recipient - 550 5.1.1 Requested action not taken: mailbox unavailable
        rcpt recipient - 550 No mailbox here by that name
        rcpt recipient - 550 sorry, no mailbox here by that name (#5.1.1)
        rcpt recipient - 550 The user does not exist
        rcpt recipient - 550 Recipient unknown
        rcpt recipient - 550 5.1.1 The recipient's e-mail address was not found
        rcpt recipient - 550 5.1.1 unknown or illegal alias: joe@example.org
        rcpt recipient - 550 5.1.6 Mailbox has moved, no forwarding address
        rcpt recipient - 550 5.1.2 The recipient domain does not exist
        rcpt recipient - 550 5.1.2 <joe@example.invalid>: Domain not found
        rcpt recipient - 550 5.1.3 Malformed address
        rcpt recipient - 552 5.2.2 The email account that you tried to reach is over quota and inactive. Please direct the recipient to
        rcpt recipient - 552 5.2.2 Mailbox size limit exceeded
        rcpt recipient - 552 mailbox full
        rcpt recipient - 550 5.2.1 Mailbox disabled for this recipient
        rcpt recipient - 550 5.2.1 This account is not active
        rcpt recipient - 550 5.2.1 The user you are trying to contact is disabled
        dot recipient - 552 5.2.2 mailbox of recipient is over quota
        dot recipient - 550 5.1.1 User unknown
        dot recipient - 550 5.2.1 The recipient's mailbox is disabled
        dot message - 552 5.3.4 Message size exceeds maximum permitted
        dot message - 552 Message size exceeds file system imposed limit
        dot message - 552 5.3.4 Message is too large for the recipient
        dot message - 552 5.2.3 Message exceeds maximum size
        dot message - 550 5.7.1 Message contained spam content
        dot message - 554 5.7.1 Message rejected because it contains malware
        dot message - 550 Virus found in attachment: Eicar
        dot message - 554 5.7.1 Message identified as spam
        dot message - 554 rejected as spam by SpamAssassin
        dot message - 550 5.7.1 Message content rejected, contact the postmaster
        dot message - 552-5.7.0 This message was blocked because its content presents a potential 552 5.7.0 security issue
        dot message - 554 5.6.3 Conversion not possible
        dot message - 554 5.6.2 Conversion with loss prohibited
        mail message - 552 Message too large
        mail message/too_large - 552 5.3.4 Message size exceeds fixed limit
        """#

    /// Written after the rules had been corrected with all of the above.
    static let unseenLater = """
        mail account - 552 Storage of this mandate used
        mail account - 552 Too large a backlog for your instance
        mail transport - 552 Size of the mail spool is critical
        mail account - 552 You may not send that many bytes
        mail account - 552 Maximum size of your outbox reached
        rcpt account - 550 Requested action not taken: mailbox unavailable - sorry, no mail from clouds
        rcpt account - 550 5.1.1 mailbox unavailable: hosting ranges are not accepted
        rcpt sender - 550 5.1.1 mailbox unavailable: From domain is unknown
        rcpt account - 550 No such user (EHLO mismatch)
        rcpt account - 550 5.1.1 Rejected, consumer lines must use a smart host
        rcpt account - 550 5.1.1 IP not on the guest list
        rcpt account - 550 5.1.1 recipient rejected, trust level low
        rcpt account - 550 5.2.1 Access for user disabled
        rcpt account - 550 5.2.1 Your mailbox is locked for writing mail
        rcpt account - 550 5.2.1 API access of this account is suspended
        rcpt account - 550 5.2.1 Mail user not allowed to use SMTP
        rcpt account - 552 5.2.2 bulk quota exceeded
        rcpt account - 552 5.2.2 Daily quota exceeded
        rcpt account - 552 5.2.2 Prepaid quota exceeded
        rcpt account - 550 5.1.1 reseller has been closed
        rcpt account - 550 5.1.1 unknown authentication realm
        rcpt account - 550 5.1.1 recipient refused until the invoice is settled
        dot account - 550 5.2.1 sender's mailbox is closed
        dot account - 552 5.2.2 mailbox of the sender is full
        dot transport - 554 virus found in no time: engine restarts
        dot transport - 554 virus filter rejected everything: out of memory
        dot transport - 554 malware scanner blocked by licence server
        dot transport - 550 content rejected: policy daemon misbehaves
        dot account - 550 content rejected: not in your package
        dot account - 554 message detected as spam, sender unknown to us
        dot account - 554 message refused as spam: hosting provider
        dot account - 550 infected server at your side
        dot account - 550 phishing reports about your tenant; blocked
        dot account - 554 5.3.4 too big for a test account
        dot account - 554 5.3.4 byte credit exceeded
        dot transport - 554 5.3.4 message too large, storage node full
        dot account - 552 message too large for guests
        dot transport - 554 5.6.0 media converter unavailable
        dot account - 554 5.6.0 spam quota of this customer reached
        rcpt account - 550 user unknown in realm
        rcpt account - 550 unknown user or password
        rcpt account - 550 user unknown, ask sales for an upgrade
        rcpt account - 550 invalid recipient: account in test mode
        rcpt account - 550 no such recipient allowed for guests
        rcpt account - 550 no mailbox here by that name for strangers
        """

    /// Likewise, with nothing that speaks against them.
    static let unseenPlainLater = """
        rcpt recipient - 550 5.1.1 joe@example.org: Recipient address rejected: undeliverable address: unknown user
        rcpt recipient - 550 5.1.1 <joe@example.org> recipient rejected
        rcpt recipient - 550 5.1.1 Unknown recipient address
        rcpt recipient - 550 5.1.1 No such mailbox
        rcpt recipient - 550 #5.1.1 user unknown
        rcpt recipient - 550 Address does not exist: joe@example.org
        rcpt recipient - 550 5.4.1 no such recipient
        rcpt recipient - 550 5.1.10 Recipient not found; <joe@example.org>
        rcpt recipient - 550 5.2.1 joe@example.org mailbox is inactive
        rcpt recipient - 550 5.2.1 The user's mailbox is disabled
        rcpt recipient - 552 5.2.2 User has exceeded the storage quota
        rcpt recipient - 552 5.2.2 The mailbox has no space left
        rcpt recipient - 552 5.2.2 recipient storage full, try again later
        rcpt recipient - 553 5.1.2 We do not know that domain
        rcpt recipient - 550 5.1.2 MX of joe's domain does not resolve
        dot recipient - 550 5.1.1 mailbox unknown
        dot message - 554 5.7.1 Spam detected
        dot message - 550 5.7.1 message rejected because it contains malware
        dot message - 550 5.7.1 The message was identified as spam
        dot message - 554 virus infected message refused
        dot message - 552 5.3.4 Size limit is 20971520
        dot message - 552 Message exceeds the maximum size of 20 MB
        dot message - 550 content rejected by policy
        mail message - 552 5.3.4 size limit exceeded
        mail message - 552 declared message size is too large
        """
}
