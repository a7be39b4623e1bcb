internal import Mail

/// Where each class begins among the routes: after the route served last.
struct RouteTurns {
    /// By class.
    private var starts = [Int](repeating: 0, count: Priority.allCases.count)

    /// All routes, the first of them whose turn it is.
    func order(of count: Int, _ priority: Priority) -> [Int] {
        let start = count > 0 ? starts[Int(priority.rawValue)] % count : 0
        return Array(start..<count) + Array(0..<start)
    }

    /// A message of this route has gone.
    mutating func went(_ route: Int, _ priority: Priority) { starts[Int(priority.rawValue)] = route + 1 }
}
