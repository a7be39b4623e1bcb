/// The secrets of one session, so that they are not shown where they come up again: a server may echo what it did not
/// understand, whole or in part, and in other letters.
///
/// Any six octets in a row of a secret are recognised, in capitals or not, and hide the rest of the word that they are
/// in. A shorter secret is recognised as a word of its own. Bounded, by itself and with all others by a ``SecretBudget``:
/// once too much was secret, ``isFull`` says that nothing of this session can be told from it.
struct SecretMemory: Sendable {
    /// Octets that are recognised.
    static let window = 6
    /// Most octets of secrets.
    static let most = 32 << 10
    /// Octets of memory for one octet of a secret, which begins a window, and for a word.
    private static let costs = (octet: 16, word: 96)

    private let share: SecretShare
    private var windows: Set<UInt64> = []
    private var words: Set<[UInt8]> = []
    private var octets = 0
    private(set) var isFull = false

    init(_ budget: SecretBudget) {
        share = SecretShare(of: budget)
    }

    var isEmpty: Bool { windows.isEmpty && words.isEmpty && !isFull }

    mutating func add(_ secret: some Collection<UInt8>) {
        let secret = secret.map(Self.folded)
        guard !isFull, !secret.isEmpty, secret != [UInt8(ascii: "=")], secret != [UInt8(ascii: "*")] else { return }
        octets += secret.count
        guard octets <= Self.most, share.take(Self.cost(of: secret)) else { return overflow() }
        if secret.count < Self.window {
            words.insert(secret)
        } else {
            Self.forEachWindow(of: secret) { windows.insert($1) }
        }
    }

    private static func cost(of secret: [UInt8]) -> Int {
        secret.count < window ? costs.word : secret.count * costs.octet
    }

    /// There was more that is secret than can be remembered: the rest of the session is hidden without looking.
    mutating func overflow() {
        isFull = true
        windows = []
        words = []
        share.giveBack()
    }

    /// For each octet whether it belongs to a secret; empty if none does.
    func places(in text: [UInt8]) -> [Bool] {
        guard !isEmpty else { return [] }
        if isFull { return text.map { _ in true } }
        let folded = text.map(Self.folded)
        var hidden = [Bool](repeating: false, count: text.count)
        Self.forEachWindow(of: folded) { start, window in
            guard windows.contains(window) else { return }
            for index in start..<start + Self.window { hidden[index] = true }
        }
        if hidden.contains(true) { Self.spread(&hidden, in: folded) }
        for word in words { hide(word, in: folded, &hidden) }
        return hidden.contains(true) ? hidden : []
    }

    private func hide(_ word: [UInt8], in text: [UInt8], _ hidden: inout [Bool]) {
        guard text.count >= word.count else { return }
        for start in 0...text.count - word.count where text[start..<start + word.count].elementsEqual(word) {
            let end = start + word.count
            let isWhole =
                (start == 0 || !Self.isLetter(text[start - 1])) && (end == text.count || !Self.isLetter(text[end]))
            guard isWhole else { continue }
            for index in start..<end { hidden[index] = true }
        }
    }

    /// A secret that was cut or changed leaves pieces that are too short to be recognised.
    private static func spread(_ hidden: inout [Bool], in text: [UInt8]) {
        for index in text.indices.dropFirst() where hidden[index - 1] && goesOn(text, at: index) {
            hidden[index] = true
        }
        // No joint: the code of a reply stays.
        for index in text.indices.dropLast().reversed() where hidden[index + 1] && isLetter(text[index]) {
            hidden[index] = true
        }
    }

    /// Whether the word before this octet goes on with it: by a letter, or by a joint such as that of `a-b` and `a=2Db`.
    private static func goesOn(_ text: [UInt8], at index: Int) -> Bool {
        if isLetter(text[index]) { return true }
        return "-_=+/%".utf8.contains(text[index]) && index + 1 < text.count && isLetter(text[index + 1])
    }

    private static func forEachWindow(of octets: [UInt8], _ body: (_ start: Int, _ window: UInt64) -> Void) {
        var window: UInt64 = 0
        for (index, octet) in octets.enumerated() {
            window = (window << 8 | UInt64(octet)) & 0xFFFF_FFFF_FFFF
            if index + 1 >= Self.window { body(index + 1 - Self.window, window) }
        }
    }

    private static func folded(_ octet: UInt8) -> UInt8 {
        UInt8(ascii: "A")...UInt8(ascii: "Z") ~= octet ? octet | 0x20 : octet
    }

    private static func isLetter(_ octet: UInt8) -> Bool {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= octet || UInt8(ascii: "0")...UInt8(ascii: "9") ~= octet
            || octet >= 0x80
    }
}
