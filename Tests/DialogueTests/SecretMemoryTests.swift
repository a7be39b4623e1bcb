import Testing

@testable import Dialogue

@Suite("The memory for what must not be shown")
struct SecretMemoryTests {
    private static let password = "zq7!Kp2#wV9xTr"
    /// Larger than what the password leaves.
    private static let noise = String(repeating: "?", count: 60)

    @Test("it is for all sessions together, and a session that gets none hides everything")
    func shared() {
        let budget = SecretBudget(1000)
        var (one, other) = (SecretMemory(budget), SecretMemory(budget))
        one.add(Self.password.utf8)
        other.add(Self.noise.utf8)
        #expect(!one.isFull && other.isFull)
        #expect(
            one.places(in: Array("is \(Self.password)".utf8)) == [false, false, false]
                + Self.password.utf8.map { _ in true })
        #expect(one.places(in: Array("250 Ok".utf8)) == [])
        #expect(other.places(in: Array("250 Ok".utf8)) == [Bool](repeating: true, count: 6))
    }

    @Test("a session that hides everything needs none of it, and hides everything that follows")
    func overflow() {
        let budget = SecretBudget(1000)
        var memory = SecretMemory(budget)
        memory.add(Self.password.utf8)
        memory.add("abc".utf8)
        memory.overflow()
        #expect(budget.take(1000))
        memory.add(Self.password.utf8)
        #expect(memory.isFull && !memory.isEmpty)
        #expect(memory.places(in: [0x20]) == [true])
    }

    @Test(
        "a text that is kept has no part of a secret, in whatever letters, nor the rest of the word that it is in",
        arguments: [
            ("535 5.7.8 no: ZQ7!KP2#WV9XTR?", "535 5.7.8 no: …?"), ("535-zq7!Kp2 no", "535-… no"),
            ("no (zq7!Kp2#wV) zq7!K", "no (…) zq7!K"), ("!Kp2#wV9=58Tr.", "…."), ("wV9xTr-abc", "…"),
            ("wV9xTr- abc", "…- abc"), ("nothing of it", "nothing of it"), ("", ""),
        ])
    func kept(text: String, shown: String) {
        var filter = SecretFilter()
        #expect(filter.filtered(text) == text)
        filter.add(Self.password)
        #expect(filter.filtered(text) == shown)
    }

    @Test("a session that has ended needs none of it")
    func ended() {
        let budget = SecretBudget(1000)
        var memory: SecretMemory? = SecretMemory(budget)
        memory?.add(Self.password.utf8)
        let isWhole = budget.take(1000)
        #expect(!isWhole && memory?.isFull == false)
        memory = nil
        #expect(budget.take(1000))
    }
}
