/// Rules about this machine and its permissions.
extension DefaultRule {
    static let clients = [
        DefaultRule(
            "client-refused",
            ReplyPattern(
                "client host*rejected", "client host*blocked", "client host*denied", "helo command rejected",
                "ehlo command rejected", "your ip", "ip address*not authorized", "ip address*not allowed",
                "ip address*blocked", "ip address*blacklist", "ip address*blocklist", " ip*is blocked",
                " ip*not whitelisted", "unauthorized ip", "ip not authorized", "connecting ip", "from this ip",
                "bad reputation", "poor reputation", "low reputation", "reverse dns", "ptr record", "is in an rbl",
                "is in a black list", "banned sending ip", "black ip", "dynamic ip", "senderbase", "ip reputation",
                except: .init(texts: ["for rcpt domain", "url", "link", "spf", "dmarc"])),
            .accountFault, "the server accepts no mail from this machine"),
        DefaultRule(
            "client-listed",
            ReplyPattern(
                "listed", "blacklist", "blocklist", "block list", "black list", "blackhole", " rbl", "dnsbl",
                "blocked using", "(ip) blocked", "(ip) is blocked", "(ip) is currently blocked",
                "(ip) has been blocked", "(ip) was blocked", "(ip) is banned", "(ip) is on ", "not accepted from",
                "not be accepted from",
                with: [
                    "(ip)", "your ip", "ip address", " ip ", "client host", "your host", "your server", "your network",
                    "sending mta",
                ],
                except: .init(
                    texts: [
                        "for rcpt domain", "url", "link", "spf", "dmarc", "domain name", "domain*listed", "rhsbl",
                        "uribl", "surbl", "sender", "mailfrom", "received", "header", "originat", "not listed",
                        "delisted", "allowlist", "safelist", "user*not", "greylist",
                        "graylist",
                    ])),
            .accountFault, "this machine is on a blocklist"),
        DefaultRule(
            "client-refused-by-status", ReplyPattern(statuses: ["x.7.25"]), .accountFault,
            "the server accepts no mail from this machine (RFC 7372 section 3.3)"),
    ]

    static let credentials = [
        DefaultRule(
            "credentials", ReplyPattern(codes: [530, 534, 535, 538]), .accountFault,
            "the server wants different credentials (RFC 4954 section 6)"),
        DefaultRule(
            "credentials-by-status",
            ReplyPattern(
                statuses: ["x.7.8", "x.7.9", "x.7.11", "x.7.13", "x.7.14"],
                except: .init(texts: ["policy reasons", "header"])),
            .accountFault, "the server wants different credentials (RFC 4954 section 6, RFC 5248)"),
        DefaultRule(
            "credentials-by-text",
            ReplyPattern(
                "authentication required", "authentication is required", "authentication failed",
                "authentication unsuccessful", "authentication failure", "not authenticated", "unauthenticated sender",
                "must authenticate", "must be authenticated", "need to authenticate", "valid credentials",
                "credentials invalid", "credentials are", "bad credentials", "wrong credentials", "your credentials",
                "invalid login", "login failed", "api key", "username and password", "auth first",
                "please authenticate", "requires authentication", "authenticate first", "log in first", "not logged in",
                "permission to submit", "permissions to submit", "smtp auth is required", "smtp auth required",
                "auth is required", "you must log in", "log in before sending",
                except: .init(texts: ["dkim", "phish"])),
            .accountFault, "the server wants different credentials"),
        DefaultRule(
            "relay-denied",
            ReplyPattern(
                "relay access denied", "relaying denied", "relay denied", "relay not permitted",
                "relaying not permitted", "relaying not allowed", "relay not allowed", "relaying*disallowed",
                "unable to relay", "cannot relay", "not permitted to relay", "not allowed to relay",
                "not authorized to relay", "relay*prohibited", "relaying is denied", "do not relay", "does not relay",
                "won't relay", "no relaying", "not a relay", "not an open relay", "relay operation rejected",
                "denies relay", "isn't allowed to relay", "open relaying"),
            .accountFault, "the server does not relay for us"),
    ]
}
