import Testing

@testable import TLS

/// RFC 5077 sections 4 and 5.5.
@Suite("The keys of session tickets")
struct TicketKeyTests {
    private func key(_ now: Int) -> TicketKey {
        TicketKey(name: [UInt8(now / 1000)], encryption: [], authentication: [], madeAt: now)
    }

    private func seal(_ keys: inout TicketKeyRotation, _ now: Int) -> TicketKey? {
        keys.sealingKey(now: now, makeKey: key)
    }

    @Test("seal tickets for an hour, and open them for another")
    func rotation() throws {
        let lifetime = TicketKeyRotation.lifetime
        var keys = TicketKeyRotation()
        let firstKey = seal(&keys, 0)
        let first = try #require(firstKey)
        let same = seal(&keys, lifetime - 1)
        #expect(same == first)
        let secondKey = seal(&keys, lifetime)
        let second = try #require(secondKey)
        #expect(second != first)
        #expect(keys.openingKey(named: first.name, now: lifetime).map(\.isCurrent) == false)
        #expect(keys.openingKey(named: second.name, now: lifetime).map(\.isCurrent) == true)
        #expect(keys.openingKey(named: first.name, now: 2 * lifetime - 1)?.key == first)
        #expect(keys.openingKey(named: first.name, now: 2 * lifetime) == nil)
        _ = keys.sealingKey(now: 2 * lifetime, makeKey: key)
        #expect(keys.openingKey(named: first.name, now: 2 * lifetime) == nil)
    }

    @Test("open nothing after their time even if no ticket was sealed since")
    func idle() throws {
        var keys = TicketKeyRotation()
        let firstKey = seal(&keys, 0)
        let first = try #require(firstKey)
        #expect(keys.openingKey(named: first.name, now: TicketKeyRotation.lifetime).map(\.isCurrent) == false)
        #expect(keys.openingKey(named: first.name, now: 2 * TicketKeyRotation.lifetime) == nil)
        #expect(keys.openingKey(named: [77], now: 0) == nil)
    }

    @Test("do not live longer when the clock is set back")
    func clock() throws {
        var keys = TicketKeyRotation()
        let firstKey = seal(&keys, 10_000)
        let first = try #require(firstKey)
        let other = seal(&keys, 5000)
        #expect(other != first)
        #expect(keys.openingKey(named: first.name, now: 5000)?.key == first)
    }

    @Test("do not exist without randomness")
    func noRandomness() {
        var keys = TicketKeyRotation()
        let key = keys.sealingKey(now: 0, makeKey: { _ in nil })
        #expect(key == nil)
    }

    @Test("differ")
    func random() throws {
        let keys = try (0..<3).map { _ in try #require(TicketKey(now: 0)) }
        #expect(Set(keys.map(\.name) + keys.map(\.encryption) + keys.map(\.authentication)).count == 9)
        #expect(keys[0].name.count == 16 && keys[0].encryption.count == 32 && keys[0].authentication.count == 32)
    }
}
