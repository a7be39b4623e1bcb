/// How many elements an extended regular expression has once its repetitions are written out, as the system's library does:
/// `a+` is `aa*`, `a{2,4}` is `aaaa` with parts of it optional. Operators behind each other, and around groups, multiply.
struct RepetitionCost {
    /// Never too small; `Int.max` for more than that.
    private(set) var total = 0
    /// Elements of the groups that are open, without their contents.
    private var open: [Int] = []
    /// Elements of what an operator would repeat.
    private var last = 0

    init(_ expression: String) {
        var rest = Array(expression.unicodeScalars)[...]
        while let scalar = rest.popFirst() { take(scalar, &rest) }
        // The library notices a group that does not end when it has compiled what is before it.
        for outer in open { total = Self.sum(total, outer) }
    }

    private mutating func take(_ scalar: Unicode.Scalar, _ rest: inout ArraySlice<Unicode.Scalar>) {
        switch scalar {
        case "\\":
            _ = rest.popFirst()
            add()
        case "[":
            Self.skipBracket(&rest)
            add()
        case "(":
            open.append(total)
            (total, last) = (0, 0)
        case ")" where !open.isEmpty:
            last = max(1, total)
            total = Self.sum(open.removeLast(), last)
        case "+": multiply(by: 2)
        case "{": multiply(by: Self.bound(&rest))
        case "*", "?": break
        default: add()
        }
    }

    private mutating func add() {
        last = 1
        total = Self.sum(total, 1)
    }

    private mutating func multiply(by factor: Int) {
        let (product, isTooLarge) = last.multipliedReportingOverflow(by: max(1, factor))
        let more = isTooLarge ? Int.max : product
        total = Self.sum(total - last, more)
        last = more
    }

    private static func sum(_ left: Int, _ right: Int) -> Int {
        let (sum, isTooLarge) = left.addingReportingOverflow(right)
        return isTooLarge ? .max : sum
    }

    /// The greatest number up to the closing brace.
    private static func bound(_ rest: inout ArraySlice<Unicode.Scalar>) -> Int {
        let words = rest.prefix { $0 != "}" }
        rest = rest.dropFirst(words.count + 1)
        let numbers = words.split(separator: ",").map { String(String.UnicodeScalarView($0)) }
        return numbers.map { $0.allSatisfy(\.isNumber) ? Int($0) ?? .max : 1 }.max() ?? 1
    }

    /// Up to the closing bracket; one that comes first is an element, and so is one within `[:` and `:]` and the like.
    private static func skipBracket(_ rest: inout ArraySlice<Unicode.Scalar>) {
        if rest.first == "^" { rest.removeFirst() }
        if rest.first == "]" { rest.removeFirst() }
        while let scalar = rest.popFirst(), scalar != "]" {
            guard scalar == "[", let kind = rest.first, [".", ":", "="].contains(kind) else { continue }
            rest.removeFirst()
            while let next = rest.popFirst() {
                guard next == kind, rest.first == "]" else { continue }
                rest.removeFirst()
                break
            }
        }
    }
}
