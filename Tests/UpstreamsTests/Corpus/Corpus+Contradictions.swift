extension Corpus {
    /// Storage, money and volume at MAIL, where 552 may also mean the size of the message.
    static let volumesAtMail = """
        mail account - 552 Prepaid balance is empty
        mail account - 552 Transfer allowance spent, buy more
        mail account - 552 Traffic for November is gone
        mail account - 552 Volumen erschöpft
        mail account - 552 Guthaben reicht nicht aus
        mail account - 552 Ihr Tarif erlaubt keine weiteren Mails
        mail account - 552 Solde insuffisant
        mail account - 552 Forfait épuisé
        mail account - 552 Saldo agotado
        mail account - 552 Cuota mensual superada
        mail transport - 552 Spool partition has no room left
        mail transport - 552 Insufficient disk blocks on this node
        mail transport - 552 Queue storage at capacity
        mail transport - 552 Mail store is read only
        mail transport - 552 System resources exhausted
        mail transport - 552 Requested mail action aborted: inode limit
        mail account - 552 Too many messages waiting for this client
        mail account - 552 Sender has used all of their allotment
        mail account - 552 Tenant over its share
        mail account - 552 Limit of the free tier reached
        mail account - 552 Upgrade to continue
        mail account - 552 Not enough funds
        mail account - 552 Mailbox of the sender is full
        mail account - 552 Submission box full
        mail sender - 552 Envelope sender over its storage
        mail account - 552 Budget for bulk mail consumed
        mail account - 552 Outgoing spool allocation exceeded for uid 1001
        mail account - 552 Pool of shared credits is dry
        mail transport - 552 No more buffers
        mail account - 552 Daily volume reached
        """

    /// Words of a recipient in front of words about this host or the sender's domain.
    static let restrictions = """
        rcpt account - 550 Mailbox unavailable: your provider's range is refused here
        rcpt account - 550 Requested action not taken: mailbox unavailable, dialup hosts must use their provider
        rcpt account - 550 mailbox unavailable (HELO does not resolve)
        rcpt sender - 550 mailbox unavailable; the originating domain has no A record
        rcpt sender - 550 mailbox unavailable: DKIM missing
        rcpt sender - 550 Requested action not taken: mailbox unavailable, DMARC alignment failed
        rcpt account - 550 mailbox unavailable: connecting machine lacks a hostname
        rcpt account - 550 mailbox unavailable, network 198.51.100.0/24 unwanted
        rcpt account - 550 mailbox unavailable. See https://postmaster.example.net/?addr=203.0.113.4
        rcpt account - 550 Invalid recipient or remote system not trusted
        rcpt account - 550 No such user, or this server is not in our allowlist
        rcpt account - 550 User unknown (geo-blocking: country of origin)
        rcpt account - 550 mailbox unavailable: greeting name is bogus
        rcpt account - 550 No such user for foreign gateways
        rcpt account - 550 Unknown user for peers in AS64496
        rcpt sender - 550 Mailbox unavailable: originator refused
        rcpt account - 550 Requested action not taken: mailbox unavailable. Trust score of the connecting peer is too low
        rcpt account - 550 mailbox unavailable: certificate unknown
        rcpt account - 550 recipient unknown to machines outside 192.0.2.0/24
        rcpt sender - 550 mailbox unavailable: nameserver of your organisation does not answer
        rcpt account - 550 mailbox unavailable: resolver found no name for 203.0.113.7
        rcpt account - 550 invalid recipient: peer not registered
        rcpt sender - 550 mailbox unavailable: organisation of origin lists no exchanger
        rcpt account - 550 5.1.1 Mailbox unavailable: IPv6 hosts need a pointer record
        rcpt account - 550 5.1.1 User unknown for unauthorized hosts
        rcpt sender - 550 5.1.1 mailbox unavailable, MX of originator points to localhost
        rcpt account - 550 5.1.1 no such user: foreign server refused
        rcpt account - 550 mailbox unavailable: Absenderserver unerwünscht
        rcpt account - 550 mailbox unavailable: serveur non autorisé
        rcpt account - 550 mailbox unavailable: servidor sin DNS inverso
        """

    /// A status code for recipients in front of words about our account or the sender.
    static let statusesOfMailboxes = """
        rcpt account - 550 5.2.1 Your contract has ended
        rcpt account - 550 5.2.1 Login disabled by the administrator
        rcpt account - 550 5.2.1 Customer is locked out
        rcpt sender - 550 5.2.1 Originator is deactivated
        rcpt sender - 550 5.1.1 The From address does not exist
        rcpt sender - 550 5.1.1 MAIL FROM mailbox does not exist
        rcpt account - 550 5.1.1 Unknown customer number
        rcpt account - 550 5.2.1 Service plan cancelled
        rcpt account - 550 5.2.1 Konto gesperrt, Rechnung offen
        rcpt account - 550 5.2.1 Vertrag gekündigt
        rcpt account - 550 5.2.1 Compte suspendu pour impayé
        rcpt account - 550 5.2.1 Cuenta suspendida por falta de pago
        rcpt account - 550 5.1.3 Licence of this installation is invalid
        rcpt account - 550 5.1.2 Domain of your organisation is not activated
        rcpt account - 550 5.1.10 Tenant unknown
        rcpt account - 550 5.1.6 Your service has moved to another host
        dot account - 550 5.2.1 user disabled
        dot account - 550 5.2.1 Disabled
        dot account - 550 5.2.1 Access of this client is closed
        dot account - 554 5.2.1 Konto gesperrt
        dot account - 552 5.2.2 Volume used up
        dot account - 552 5.2.2 Storage allotment consumed
        dot account - 552 5.2.2 over quota
        dot account - 552 5.2.2 Kontingent überschritten
        dot account - 552 5.2.2 Quota dépassé
        dot account - 552 5.2.2 Cuota excedida
        rcpt account - 552 5.2.2 You have no messages left this month
        rcpt account - 552 5.2.2 Outgoing messages of the week used up
        rcpt account - 550 5.2.1 Payment overdue
        dot account - 550 5.1.1 caller not recognised
        """

    /// Words of a content filter about the filter itself, or about where the mail comes from.
    static let filters = """
        dot transport - 554 antivirus signatures are stale
        dot transport - 550 malware filter crashed
        dot transport - 554 5.7.1 virus check could not be completed
        dot transport - 554 phishing filter did not start
        dot transport - 554 message content not readable: I/O error
        dot transport - 554 virus engine initialisation failed
        dot transport - 554 5.7.1 malware service unreachable
        dot account - 550 virus infected machine at your end
        dot account - 550 malware sent by your customers; contact us
        dot account - 550 spam detected in your traffic, line cut
        dot account - 550 we saw phishing coming out of your site
        dot account - 554 message classified as spam because of missing rDNS
        dot account - 554 classified as spam: HELO mismatch
        dot sender - 554 message regarded as spam, domain has no SPF
        dot sender - 554 message looks like spam: DKIM signature missing
        dot account - 550 virus outbreak from this system; all further mail refused
        dot transport - 554 virus scanning licence expired
        dot transport - 554 virus filtering subscription lapsed
        dot transport - 554 5.7.1 malware scan aborted, out of file handles
        dot transport - 554 virus pattern update failed
        dot transport - 554 5.7.1 eicar self test of the gateway failed
        dot transport - 550 message content store failure
        dot transport - 550 content policy server did not answer
        dot account - 550 Message counted as spam: too many complaints about this network
        dot account - 550 bot infected computer behind your gateway
        dot transport - 554 Virus-Scanner: Lizenz abgelaufen
        dot transport - 554 antivirus: licence expirée
        dot transport - 554 antivirus sin licencia
        dot account - 550 content rejected: contract does not cover this service
        dot transport - 554 5.7.1 virus definitions are too old
        """

    /// Words or codes of size and of media, about what is left to us, or about the server.
    static let sizes = """
        dot account - 554 5.3.4 Daily megabytes are spent
        dot account - 552 5.3.4 Remaining credit covers 0 bytes
        mail account - 552 5.3.4 Your package is used up
        mail account - 552 5.3.4 Quota of outgoing bytes is gone
        mail account - 523 5.3.4 Bandwidth cap of this customer
        dot account - 552 message too large for your remaining balance
        dot account - 552 message size exceeds what your tariff has left
        dot account - 552 Message too big for free customers
        mail account - 552 message size exceeds the limit of your subscription
        dot transport - 552 message too large for the free disk
        dot transport - 552 5.3.4 not enough spool for this size
        mail transport - 552 5.3.4 message too big right now, low on storage
        dot account - 554 5.6.0 Invoice open
        dot account - 554 5.6.0 customer locked
        dot transport - 554 5.6.0 filter module missing
        dot transport - 554 5.6.0 Konvertierung abgestürzt
        dot account - 554 5.6.0 Vertrag beendet
        dot account - 554 5.6.0 solde épuisé
        dot account - 554 5.6.0 sin saldo
        dot transport - 554 5.6.0 internal processing broke
        dot account - 554 5.6.0 not permitted for this user
        dot transport - 554 5.6.5 converter licence missing
        dot transport - 554 5.6.3 conversion engine is offline
        dot account - 552 5.3.4 Datenvolumen aufgebraucht
        dot account - 552 5.3.4 volume mensuel dépassé
        dot account - 552 5.3.4 volumen mensual agotado
        dot account - 552 message exceeds monthly message size total
        dot account - 552 5.3.4 over the weekly transfer allowance
        mail account - 552 5.3.4 sender may send 0 bytes today
        dot account - 554 5.6.0 reputation too low
        """

    /// Words of an unknown user in front of words about who is asking.
    static let unknownCallers = """
        rcpt account - 550 unknown user: customer 4711 has no contract
        rcpt account - 550 No such user in the billing system
        rcpt account - 550 user not found: licence key missing
        rcpt account - 550 invalid recipient: trial version
        rcpt account - 550 user unknown, please register first
        rcpt account - 550 utilisateur inconnu: facture impayée
        rcpt account - 550 utilisateur inconnu: connexion requise
        rcpt account - 550 unknown user: Anmeldung erforderlich
        rcpt account - 550 user unknown: Benutzer muss sich anmelden
        rcpt account - 550 user unknown: usuario sin crédito
        rcpt account - 550 user not found: identify yourself first
        rcpt account - 550 no such user: this application is not enabled for mail
        rcpt account - 550 unknown address: caller must pay first
        rcpt account - 550 recipient unknown in sandbox mode
        rcpt account - 550 invalid recipient: free tier may write to itself only
        rcpt account - 550 user unknown: token expired
        rcpt account - 550 user unknown: secret does not match
        rcpt account - 550 invalid recipient: verify your company first
        rcpt account - 550 mailbox unavailable: contract terminated
        rcpt account - 550 mailbox unavailable: service cancelled by customer
        rcpt account - 550 User unknown: webshop is not known to this gateway
        rcpt account - 550 user not found: site is not subscribed
        rcpt account - 550 invalid recipients per day count reached
        rcpt account - 550 user unknown: certificate of the caller is missing
        rcpt account - 550 5.1.1 subscriber is barred from writing outside
        rcpt account - 550 5.1.1 user unknown: bill not settled
        rcpt account - 550 5.1.1 adresse inconnue, abonnement résilié
        rcpt account - 550 5.1.1 Empfänger unbekannt: Zahlung ausstehend
        rcpt account - 550 5.1.1 destinatario desconocido: pague su factura
        rcpt account - 550 address unknown, module is demo only
        """

    /// Nothing speaks against these: they are about the recipient.
    static let plainRecipients = """
        rcpt recipient - 550 5.1.1 <user@example.org>: Recipient address rejected: User unknown in virtual mailbox table
        rcpt recipient - 550 5.1.1 <user@example.org>: Recipient address rejected: User unknown in virtual alias table
        rcpt recipient - 550-5.1.1 The email account that you tried to reach does not exist. Please try 550-5.1.1 double-checking the recipient's email address for typos or unnecessary spaces. Learn more at https://support.example.com/mail/?p=NoSuchUser
        rcpt recipient - 550 5.2.1 The email account that you tried to reach is disabled
        rcpt recipient - 550 5.2.1 The email account that you tried to reach is inactive
        rcpt recipient - 550 5.1.1 sorry, no mailbox here by that name
        rcpt recipient - 550 Invalid recipient user@example.org (#5.1.1)
        rcpt recipient - 550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient user@example.org not found by SMTP address lookup
        rcpt recipient - 550 5.1.1 user unknown; rejecting
        rcpt recipient - 550 No such person at this address
        rcpt recipient - 554 5.2.2 mailbox full
        rcpt recipient - 552 5.2.2 <user@example.org>: mailbox is full
        dot recipient - 552 5.2.2 This message is larger than the current system limit or the recipient's mailbox is full
        rcpt recipient - 550 5.2.1 Mailbox unavailable for this recipient
        rcpt recipient - 550 5.2.1 This mailbox has been blocked due to inactivity
        rcpt recipient - 550 5.1.1 <user@example.org>... User unknown
        rcpt recipient - 550 5.1.2 Host unknown
        dot recipient - 550 5.1.1 user unknown
        dot recipient - 552 5.2.2 Mailbox of user@example.org is full
        dot recipient - 550 5.2.1 mailbox disabled
        rcpt recipient - 550 5.1.1 Account does not exist here
        rcpt recipient - 550 5.1.1 This address no longer accepts mail
        rcpt recipient - 550 5.1.1 Unbekannter Empfänger
        rcpt recipient - 550 5.1.1 Destinataire inconnu
        rcpt recipient - 550 5.1.1 Usuario desconocido
        rcpt recipient - 550 5.2.1 Account of the recipient is closed
        rcpt recipient - 552 5.2.2 Das Postfach des Empfängers ist voll
        rcpt recipient - 552 5.2.2 La boîte du destinataire est pleine
        rcpt recipient - 550 No such user on this server
        rcpt recipient - 550 Unknown user in this domain
        """

    /// Nothing speaks against these: they are about the message.
    static let plainMessages = """
        dot message - 552 5.3.4 Message too large
        dot message - 552-5.3.4 Your message exceeded our message size limits. Please visit 552 5.3.4 https://support.example.com/mail/?p=MaxSizeError to view our size guidelines.
        dot message - 552 Message size exceeds maximum message size
        dot message - 552 5.3.4 Error: message file too big
        mail message - 552 5.3.4 message size 31457280 exceeds size limit 10485760 of server
        mail message - 552 Message size exceeds maximum value
        mail message - 552 Message is too large
        mail message - 552 5.3.4 message size exceeds fixed maximum message size
        mail message - 552 Nachricht zu groß
        mail message - 552 5.3.4 Maximal 10240 kB
        dot message - 554 5.7.1 The message contains a virus
        dot message - 550 Message rejected: malware found (Trojan.Generic)
        dot message - 554 5.7.1 Spam message detected
        dot message - 554 5.7.1 virus found: Win32/Sobig
        dot message - 550 5.7.1 Blocked attachment: .scr
        dot message - 554 5.6.1 Media type is not supported
        dot message - 554 5.6.3 Content needs a conversion that is not offered
        dot message - 554 5.6.9 Header must be ASCII
        dot message - 550 Infected file found in the message
        dot message - 554 5.7.1 phishing link found
        dot message - 550 message rejected as spam
        dot message - 550 5.7.1 Message has been identified as spam
        dot message - 554 5.3.4 message exceeds fixed size limit
        dot message - 554 Message refused, EICAR pattern
        dot message - 550 5.7.1 This looks like phishing
        dot message - 550 5.7.1 Your message contains an illegal attachment
        dot message - 554 5.7.1 Virus W32.Klez detected by the virus scanner
        dot message - 552 Message too big for this system
        dot message - 550 5.7.1 Your email was classified as spam
        dot message - 554 5.7.1 spam score of 17.2 is over 8
        """
}
