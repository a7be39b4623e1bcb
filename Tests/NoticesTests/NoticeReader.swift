import Foundation
import Mail
import Notices
import TestKit

/// Reads notices with libraries that are not ours: Python's `email`, and `flufl.bounce`.
struct NoticeReader {
    /// What Python found in a notice.
    struct Finding: Equatable {
        /// Of the notice and its parts, but not of the original in it.
        let defects: Int
        let types: [String]
        let failed: Set<String>
        let delayed: Set<String>
    }

    private struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    /// The Python that Debian's packages are for.
    private static let python = "/usr/bin/python3"

    static let isAvailable: Bool = {
        let child = try? Child([python, "-c", "import flufl.bounce"])
        return child?.waitForExit() == 0
    }()

    /// The first word is `strict` if a defect is an error.
    private static let script = """
        import email, email.policy, pathlib, sys
        from flufl.bounce import all_failures
        policy = email.policy.strict if sys.argv[1] == 'strict' else email.policy.default
        for path in sorted(pathlib.Path(sys.argv[2]).glob('*.eml')):
            octets = path.read_bytes()
            isUTF8 = path.name.endswith('.utf8.eml')
            parse = lambda policy: (email.message_from_string(octets.decode('utf-8'), policy=policy) if isUTF8
                                    else email.message_from_bytes(octets, policy=policy))
            notice = parse(policy)
            parts = [notice] + list(notice.iter_parts())
            defects = sum(len(part.defects) + sum(len(value.defects) for value in part.values()) for part in parts)
            temporary, permanent = all_failures(parse(email.policy.compat32))
            join = lambda addresses: ' '.join(sorted(address.decode('ascii') for address in addresses))
            print(defects, ' '.join(part.get_content_type() for part in parts), join(permanent), join(temporary), sep='\\t')
        """

    /// Reads each of them.
    static func read(_ notices: [Notice], isStrict: Bool) throws -> [Finding] {
        let directory = try TemporaryDirectory()
        for (index, notice) in notices.enumerated() {
            let name = "\(10_000 + index)\(notice.options.usesUTF8 ? ".utf8" : "").eml"
            try Data(message(notice)).write(to: URL(fileURLWithPath: "\(directory.path)/\(name)"))
        }
        let text = try run([python, "-c", script, isStrict ? "strict" : "lenient", directory.path], in: directory)
        return try text.split(separator: "\n").map(finding)
    }

    /// As it arrives in a mailbox.
    private static func message(_ notice: Notice) -> [UInt8] {
        var message = notice.header
        var isLineStart = true
        for octet in notice.content {
            if !(isLineStart && octet == UInt8(ascii: ".")) { message.append(octet) }
            isLineStart = octet == 0x0A
        }
        return message
    }

    private static func run(_ command: [String], in directory: TemporaryDirectory) throws -> String {
        let paths = ["output", "errors"].map { "\(directory.path)/\($0)" }
        let files = try paths.map { path in
            try Data().write(to: URL(fileURLWithPath: path))
            return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        }
        let child = try Child(command, output: files[0].fileDescriptor, errors: files[1].fileDescriptor)
        guard child.waitForExit() == 0 else {
            throw Problem(description: try String(contentsOfFile: paths[1], encoding: .utf8))
        }
        return try String(contentsOfFile: paths[0], encoding: .utf8)
    }

    private static func finding(_ line: Substring) throws -> Finding {
        let cells = line.split(separator: "\t", omittingEmptySubsequences: false)
        guard cells.count == 4, let defects = Int(cells[0]) else { throw Problem(description: String(line)) }
        return Finding(
            defects: defects, types: cells[1].split(separator: " ").map(String.init),
            failed: Set(cells[2].split(separator: " ").map(String.init)),
            delayed: Set(cells[3].split(separator: " ").map(String.init)))
    }
}
