import Foundation
import Glibc
import TestKit

/// A Postfix for one scenario, in a temporary directory; needs root.
final class Postfix {
    let upstream: RelayConfig.Upstream
    private let directory: TemporaryDirectory

    /// - Parameters:
    ///   - relayhost: where it relays everything, `address:port`.
    ///   - settings: further lines of main.cf.
    init(relayhost: String, settings: [String] = []) throws {
        directory = try TemporaryDirectory()
        let address = Loopback.next()
        upstream = RelayConfig.Upstream(name: "postfix", address: "\(address):2525")
        let parts = relayhost.split(separator: ":")
        let (root, files) = (directory.path, FileManager.default)
        chmod(root, 0o755)
        for name in ["etc", "queue", "data", "mail"] {
            try files.createDirectory(atPath: root + "/" + name, withIntermediateDirectories: false)
        }
        guard let owner = getpwnam("postfix") else { throw ScenarioError("there is no user postfix") }
        chown(root + "/data", owner.pointee.pw_uid, owner.pointee.pw_gid)
        chown(root + "/mail", owner.pointee.pw_uid, owner.pointee.pw_gid)
        let lines = [Self.main(root, "[\(parts[0])]:\(parts[1])")] + settings.map { $0 + "\n" }
        let mailboxes = [
            "virtual_mailbox_base = \(root)/mail\n", "virtual_uid_maps = static:\(owner.pointee.pw_uid)\n",
            "virtual_gid_maps = static:\(owner.pointee.pw_gid)\n", "virtual_minimum_uid = 1\n",
        ]
        try (lines + mailboxes).joined()
            .write(toFile: root + "/etc/main.cf", atomically: true, encoding: .utf8)
        try Self.master(address).write(toFile: root + "/etc/master.cf", atomically: true, encoding: .utf8)
        _ = try Self.command(root, "start")
        try waitUntilReady(address)
    }

    /// The Maildir of a mailbox, `virtual_mailbox_maps`.
    func maildir(_ name: String) -> String { directory.path + "/mail/" + name }

    deinit {
        _ = try? Self.command(directory.path, "stop")
    }

    private static func command(_ root: String, _ word: String) throws -> String {
        try Tool.run("postfix", ["-c", root + "/etc", word], keepsPrivileges: true)
    }

    /// The master listens before it answers; the first banner shows that it is ready.
    private func waitUntilReady(_ address: String) throws {
        let client = try SMTPConnection(port: 2525, host: address)
        try client.greet()
    }

    private static func main(_ root: String, _ relayhost: String) -> String {
        """
        compatibility_level = 3.6
        queue_directory = \(root)/queue
        data_directory = \(root)/data
        command_directory = /usr/sbin
        daemon_directory = /usr/lib/postfix/sbin
        mail_owner = postfix
        setgid_group = postdrop
        multi_instance_enable = yes
        multi_instance_name = postfix-posthorse-test
        myhostname = postfix.example
        mydestination =
        mynetworks = 127.0.0.0/8
        inet_interfaces = 127.0.0.1
        inet_protocols = ipv4
        local_recipient_maps =
        local_transport = error:no local mail
        alias_maps =
        alias_database =
        smtpd_relay_restrictions = permit_mynetworks, reject
        smtpd_recipient_restrictions =
        smtpd_peername_lookup = no
        relayhost = \(relayhost)
        disable_dns_lookups = yes
        smtp_host_lookup = native

        """
    }

    private static func master(_ address: String) -> String {
        """
        \(address):2525 inet n - n - 20 smtpd
        cleanup unix n - n - 0 cleanup
        qmgr unix n - n 300 1 qmgr
        rewrite unix - - n - - trivial-rewrite
        bounce unix - - n - 0 bounce
        defer unix - - n - 0 bounce
        trace unix - - n - 0 bounce
        proxymap unix - - n - - proxymap
        smtp unix - - n - 20 smtp
        virtual unix - n n - - virtual
        relay unix - - n - 20 smtp
        error unix - - n - - error
        retry unix - - n - - error
        anvil unix - - n - 1 anvil
        scache unix - - n - 1 scache
        tlsmgr unix - - n 1000? 1 tlsmgr

        """
    }
}
