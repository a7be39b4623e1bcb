import Foundation

/// Keeps the children of tests run by root from having privileges that an ordinary user lacks.
package enum Privileges {
    /// The command that runs another one without any capability, and without a way to gain one.
    ///
    /// The user stays root, so that the files of a test need no other owner: without capabilities root may do with a
    /// file what its mode permits, and with the kernel what everybody may. `Tests/run` changes the user too.
    package static func dropped(_ command: [String]) -> [String] {
        guard geteuid() == 0 else { return command }
        return ["/usr/bin/setpriv", "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"] + command
    }
}
