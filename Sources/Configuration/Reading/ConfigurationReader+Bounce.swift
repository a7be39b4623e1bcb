internal import Notices

/// The text of notices.
extension ConfigurationReader {
    /// Reads `template_file`, and reports what is wrong with it; nil without one.
    mutating func noticeTemplate(_ file: String?) -> NoticeTemplate? {
        guard let file else { return nil }
        let path = ConfigurationPath.root.key("bounce").key("template_file")
        let text: String
        do throws(ConfigurationProblem) {
            text = try ConfigurationFile.read(file)
        } catch {
            report(at: path, "\(file): \(error.message)", "name a text file that the relay can read")
            return nil
        }
        do throws(NoticeTemplate.Problems) {
            let template = try NoticeTemplate(text)
            if !template.namesRecipients {
                report(
                    .warning, at: path, "\(file) has no {recipients}: its readers do not learn whom it is about",
                    "add a line {recipients}")
            }
            return template
        } catch {
            for problem in error.all { report(at: path, "\(file), \(problem)", "correct the file") }
            return nil
        }
    }
}
