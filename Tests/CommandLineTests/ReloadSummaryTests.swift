import Testing

@testable import posthorse

@Suite("What has come of a reload")
struct ReloadSummaryTests {
    @Test(
        "only what is in force counts as that",
        arguments: [
            (0, 0, false, "Nothing has changed."), (0, 0, true, "Nothing has changed."),
            (1, 0, false, "1 change in force."), (2, 0, true, "2 changes would be in force."),
            (3, 1, false, "2 changes in force, 1 after a restart."),
            (3, 2, true, "1 change would be in force, 2 after a restart."),
            (1, 1, false, "Nothing is in force yet: 1 change needs a restart."),
            (3, 3, false, "Nothing is in force yet: 3 changes need a restart."),
            (3, 3, true, "Nothing would be in force yet: 3 changes need a restart."),
        ] as [(Int, Int, Bool, String)])
    func text(changes: Int, waiting: Int, isRehearsal: Bool, text: String) {
        let summary = ReloadSummary(changes: changes, waiting: waiting, isRehearsal: isRehearsal)
        #expect(summary.description == text)
    }
}
