import Mail
import TestKit
import Testing

@testable import Delivery

/// Messages of any class at any time, with any weights.
@Suite("Whatever waits at an upstream")
struct ClassQueuePropertyTests {
    private static let seeds = (0..<200).map { UInt64($0) }

    private struct Message: Equatable {
        let number: Int
        let priority: Priority
        /// Messages that had gone when it came.
        let cameAt: Int
    }

    private func weights(_ random: inout SeededGenerator) -> ClassWeights {
        var weights = ClassWeights()
        weights.bulk = .random(in: 1...4, using: &random)
        weights.normal = weights.bulk * .random(in: 1...5, using: &random)
        weights.high = weights.normal * .random(in: 1...5, using: &random)
        return weights
    }

    @Test("each goes once, in order within its class, and something goes while anything waits", arguments: seeds)
    func conserves(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var queue = ClassQueue<Message>()
        queue.replace(weights(&random))
        var (added, gone): ([Message], [Message]) = ([], [])
        for number in 0..<2000 {
            if Bool.random(using: &random) {
                let priority = Priority.allCases.randomElement(using: &random) ?? .normal
                added.append(Message(number: number, priority: priority, cameAt: gone.count))
                queue.append(added[added.count - 1], priority)
            } else if !queue.isEmpty {
                guard let message = queue.popNext() else {
                    Issue.record("nothing went although something waited, seed \(seed)")
                    return
                }
                gone.append(message)
            }
            #expect(queue.count == added.count - gone.count, "seed \(seed)")
        }
        while let message = queue.popNext() { gone.append(message) }
        for priority in Priority.allCases {
            let ours = added.filter { $0.priority == priority }
            #expect(gone.filter { $0.priority == priority } == ours, "seed \(seed)")
        }
    }

    @Test("nobody starves: a class that waits goes after at most its share of others", arguments: seeds)
    func serves(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let weights = weights(&random)
        var queue = ClassQueue<Priority>()
        queue.replace(weights)
        // Since when each class has waited for its next message, in messages of the others.
        var passed: [Priority: [Priority: Int]] = [:]
        for _ in 0..<4000 {
            // More comes than goes.
            for _ in 0..<2 {
                let priority = Priority.allCases.randomElement(using: &random) ?? .normal
                queue.append(priority, priority)
                if passed[priority] == nil { passed[priority] = [:] }
            }
            guard let went = queue.popNext() else { continue }
            for (waiting, others) in passed where waiting != went {
                let count = (others[went] ?? 0) + 1
                passed[waiting]?[went] = count
                let most = (weights[went] + weights[waiting] - 1) / weights[waiting] + 1
                #expect(count <= most, "\(count) of \(went) before one of \(waiting), seed \(seed)")
            }
            passed[went] = queue.count(of: went) > 0 ? [:] : nil
        }
    }

    @Test("a class that begins to wait goes after at most one message of each lower class", arguments: seeds)
    func overtakes(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var queue = ClassQueue<Int>()
        queue.replace(weights(&random))
        for number in 0..<500 {
            for _ in 0..<Int.random(in: 0...3, using: &random) { queue.append(-1, .bulk) }
            for _ in 0..<Int.random(in: 0...1, using: &random) { queue.append(-2, .normal) }
            guard queue.count(of: .high) == 0 else { continue }
            queue.append(number, .high)
            var before: [Int: Int] = [:]
            while let went = queue.popNext(), went < 0 { before[went, default: 0] += 1 }
            #expect(before.values.allSatisfy { $0 <= 1 }, "seed \(seed)")
        }
    }
}
