import TestKit

@testable import Mail

/// The content after downgrading.
func downgraded(_ content: [UInt8], cutAt cuts: [Int] = []) -> [UInt8] {
    var downgrader = EightBitDowngrader()
    var out: [UInt8] = []
    for (from, to) in zip([0] + cuts, cuts + [content.count]) {
        Array(content[from..<to]).withUnsafeBytes { downgrader.take($0, into: &out) }
    }
    downgrader.finish(into: &out)
    return out
}

/// The same for text without invalid UTF-8.
func downgraded(_ text: String) -> String {
    String(decoding: downgraded(Array(text.utf8)), as: UTF8.self)
}

/// Random places to split content of this size.
func someCuts(_ count: Int, _ random: inout SeededGenerator) -> [Int] {
    let step = [1, 7, 100, 5000].randomElement(using: &random)!
    var cuts: [Int] = []
    var next = Int.random(in: 0...step, using: &random)
    while next < count {
        cuts.append(next)
        next += Int.random(in: 1...step, using: &random)
    }
    return cuts
}
