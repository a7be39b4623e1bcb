/// Bounds the number of ways in which a regular expression may match a line, before it is ever used.
///
/// A repeated part must be flat: letters, classes and escapes, each repeated a fixed number of times. Everything else
/// that a search may backtrack over has points, which add up: a choice of two (`?`, `|`) has ``choice`` points, one of
/// four twice as many; an unbounded repetition has ``unbounded`` points. Of alternative branches the most expensive
/// counts.
struct RepetitionScan {
    /// Two unbounded repetitions and one choice, or one and three, or six choices: each costs about a second at worst.
    static let limit = 12
    private static let unbounded = 5
    private static let choice = 2

    private struct Group {
        /// Points of the most expensive completed branch.
        var dearest = 0
        /// Points of the current branch.
        var points = 0
        var branches = 1

        var total: Int { max(dearest, points) + RepetitionScan.choice(of: branches) }
    }

    private var groups = [Group()]
    /// Points within the part that a following quantifier applies to.
    private var last = 0
    private var depthOfClass = 0
    private var problem: String?
    private var rest: Substring

    /// Why a search for this pattern may take too long; nil if it does not.
    ///
    /// - Parameter pattern: a regular expression that compiles.
    static func problem(of pattern: String) -> String? {
        var scan = RepetitionScan(rest: pattern[...])
        return scan.run()
    }

    private init(rest: Substring) {
        self.rest = rest
    }

    private mutating func run() -> String? {
        while problem == nil, let next = rest.popFirst() {
            if depthOfClass > 0 { inClass(next) } else { take(next) }
        }
        if let problem { return problem }
        // Each top-level branch is searched separately, so their number adds nothing.
        let points = max(groups[0].dearest, groups[0].points)
        guard groups.count == 1, depthOfClass == 0 else { return Self.unreadable }
        return points > Self.limit ? Self.dear : nil
    }

    private static let nested =
        "match repeats something that is itself repeated or has a choice, as in (a+)+, (a?b)+ or (a|b)*, which may "
        + "never finish; write it flat"
    private static let dear =
        "match has too many ways to match: an alternative may have at most two of * and + plus one of ? and |; write "
        + "two rules"
    private static let unreadable =
        "match is written in a way whose cost is unknown; avoid \\Q, comments, the option x and unpaired brackets"

    private mutating func take(_ next: Character) {
        switch next {
        case "\\": escape()
        case "[":
            depthOfClass = 1
            last = 0
        case "(": open()
        case ")": close()
        case "|": branch()
        case "*", "+": quantify(points: Self.unbounded, isRepeated: true)
        case "?": quantify(points: Self.choice, isRepeated: false)
        case "{": bounds()
        default: last = 0
        }
    }

    private mutating func inClass(_ next: Character) {
        switch next {
        case "\\": escape()
        case "[": depthOfClass += 1
        case "]": depthOfClass -= 1
        default: break
        }
    }

    private mutating func escape() {
        if rest.popFirst() == "Q" { problem = Self.unreadable }
        last = 0
    }

    private mutating func open() {
        groups.append(Group())
        last = 0
        guard rest.first == "?" else { return }
        rest.removeFirst()
        let options = rest.prefix { $0.isLetter || $0 == "-" || $0 == "^" }
        let end = rest.dropFirst(options.count).first
        let isOptions = end == ")" || end == ":"
        if rest.first == "#" || isOptions && options.contains("x") { problem = Self.unreadable }
    }

    private mutating func close() {
        guard groups.count > 1, let group = groups.popLast() else {
            problem = Self.unreadable
            return
        }
        last = group.total
        groups[groups.count - 1].points += last
    }

    private mutating func branch() {
        let top = groups.count - 1
        groups[top].dearest = max(groups[top].dearest, groups[top].points)
        groups[top].points = 0
        groups[top].branches += 1
        last = 0
    }

    /// - Parameter isRepeated: whether the preceding part may match more than once.
    private mutating func quantify(points: Int, isRepeated: Bool) {
        if isRepeated, last > 0 { problem = Self.nested }
        groups[groups.count - 1].points += points
        last = 0
        // Lazy and possessive quantifiers.
        if rest.first == "?" || rest.first == "+" { rest.removeFirst() }
    }

    /// `{2}`, `{2,}`, `{,2}` and `{2,5}`; any other brace is literal.
    private mutating func bounds() {
        guard let end = rest.firstIndex(of: "}") else { return last = 0 }
        let parts = rest[..<end].split(separator: ",", omittingEmptySubsequences: false)
            .map { $0.filter { $0 != " " } }
        guard (1...2).contains(parts.count), parts.allSatisfy({ $0.allSatisfy(\.isNumber) }), parts != [""] else {
            return last = 0
        }
        rest = rest[rest.index(after: end)...]
        let low = Int(parts[0]) ?? 0
        let high = parts.count == 1 ? low : Int(parts[1]) ?? Int.max
        let ways = high == Int.max ? Self.unbounded : min(Self.unbounded, Self.choice(of: max(1, high - low + 1)))
        quantify(points: ways, isRepeated: high > 1)
    }

    /// The points for this number of ways.
    private static func choice(of ways: Int) -> Int {
        ways <= 1 ? 0 : choice * (Int.bitWidth - (ways - 1).leadingZeroBitCount)
    }
}
