import Mail
import Testing

@testable import Audit

@Suite("What is done to an audit log is found")
struct AuditVerificationTests {
    private static let key = [UInt8](repeating: 7, count: 32)

    /// The lines of a log, each with its end, and the head behind each.
    private static func log(_ count: Int) throws -> (lines: [[UInt8]], heads: [AuditHash]) {
        var chain = AuditChain(key: key)
        var (lines, heads): ([[UInt8]], [AuditHash]) = ([], [])
        let first = AuditRecord(at: AuditFixture.now, who: "relay", what: AuditWords.begin, subject: "audit log")
        for record in [first] + (0..<count).map({ AuditRecord.example($0) }) {
            lines.append(try chain.append(record))
            heads.append(chain.head)
        }
        return (lines, heads)
    }

    private static func verify(
        _ octets: [UInt8], wanted: AuditHash? = nil, key: [UInt8] = key
    ) -> AuditVerification {
        var verification = AuditVerification(key: key, wanted: wanted)
        var rest = octets[...]
        while let end = rest.firstIndex(of: 0x0A) {
            verification.take(rest[..<end])
            rest = rest[(end + 1)...]
        }
        verification.end(rest: rest)
        return verification
    }

    @Test("a log as it was written is sound, and its head is that of its last record")
    func sound() throws {
        let (lines, heads) = try Self.log(5)
        let result = Self.verify(lines.flatMap { $0 })
        #expect(result.isSound && result.lines == 6 && result.head == heads.last && result.repairs.isEmpty)
        for (number, head) in heads.enumerated() {
            #expect(Self.verify(lines.flatMap { $0 }, wanted: head).foundAt == number + 1)
        }
    }

    @Test("a change of any octet is found", arguments: [0x01, 0x20, 0x80, 0xFF] as [UInt8])
    func changed(mask: UInt8) throws {
        let octets = try Self.log(3).lines.flatMap { $0 }
        for index in octets.indices {
            var changed = octets
            changed[index] ^= mask
            #expect(!Self.verify(changed).isSound, "octet \(index)")
        }
    }

    @Test("an octet that is removed or added is found, wherever it is")
    func moved() throws {
        let octets = try Self.log(3).lines.flatMap { $0 }
        for index in octets.indices {
            var shorter = octets
            shorter.remove(at: index)
            #expect(!Self.verify(shorter).isSound, "without octet \(index)")
            for added in [0x0A, 0x20, 0x30] as [UInt8] {
                var longer = octets
                longer.insert(added, at: index)
                #expect(!Self.verify(longer).isSound, "\(added) before octet \(index)")
            }
        }
    }

    @Test("a record that is removed, repeated, or in another place is found, and what is behind it is judged by itself")
    func records() throws {
        let (lines, _) = try Self.log(4)
        for index in lines.indices.dropLast() {
            var fewer = lines
            fewer.remove(at: index)
            #expect(Self.verify(fewer.flatMap { $0 }).problems.map(\.line) == (index == 0 ? [1] : [index + 1]))
            var swapped = lines
            swapped.swapAt(index, index + 1)
            #expect(!Self.verify(swapped.flatMap { $0 }).isSound)
            #expect(!Self.verify((lines + [lines[index]]).flatMap { $0 }).isSound)
        }
    }

    @Test("an end that is cut off within a record is found; between records only with a head from behind it")
    func cut() throws {
        let (lines, heads) = try Self.log(3)
        let octets = lines.flatMap { $0 }
        let ends = lines.indices.map { lines[...$0].reduce(0) { $0 + $1.count } }
        for length in 0..<octets.count {
            let result = Self.verify(Array(octets.prefix(length)))
            #expect(result.isSound == ends.contains(length), "\(length) octets")
            let known = Self.verify(Array(octets.prefix(length)), wanted: heads[3])
            #expect(!known.isSound && known.foundAt == nil, "\(length) octets")
        }
    }

    @Test("a whole log made with another key is found, record by record")
    func otherKey() throws {
        let octets = try Self.log(3).lines.flatMap { $0 }
        let result = Self.verify(octets, key: [UInt8](repeating: 8, count: 32))
        #expect(result.problemCount == 4 && result.problems.map(\.line) == [1, 2, 3, 4])
    }

    @Test("of very many problems the first are named, and all counted")
    func many() throws {
        let octets = try Self.log(100).lines.flatMap { $0 }
        let result = Self.verify(octets, key: [UInt8](repeating: 8, count: 32))
        #expect(result.problemCount == 101 && result.problems.count == 20)
    }
}
