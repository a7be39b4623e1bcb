/// Recipients of a message whose sender may have to be told something, by index.
struct UntoldNews: Equatable {
    var failed: [Int] = []
    /// Those for which its sender asked to be told.
    var delivered: [Int] = []
    /// Those that have waited for too long to keep quiet about it.
    var delayed: [Int] = []

    var isEmpty: Bool { failed.isEmpty && delivered.isEmpty && delayed.isEmpty }
}
