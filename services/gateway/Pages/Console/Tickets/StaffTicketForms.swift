import Foundation
import PorticoAPI
import WellKnown

/// The forms beside a ticket: who handles it until when, what it is about, the time it took.
extension StaffTicketView {
  var assign: HTML {
    let current = UI.person(
      ticket.assigneeDisplayName.isEmpty ? nil : ticket.assigneeDisplayName)
    let until = context.time(ticket.dueTime, style: .absolute).map {
      "<p class=\"quiet\">until \($0)</p>" as HTML
    }
    guard content.may(.assign) else { return UI.card("Assignment", body: "\(current)\(until)") }
    let state = forms.assign
    var options = content.staff.map { UI.Option($0.name, $0.displayName) }
    if !ticket.assignee.isEmpty, !options.contains(where: { $0.value == ticket.assignee }) {
      options.append(.init(ticket.assignee, ticket.assigneeDisplayName))
    }
    let own = context.session?.profile.user ?? ""
    if !own.isEmpty, !options.contains(where: { $0.value == own }) {
      options.append(.init(own, context.session?.displayName ?? own))
    }
    let who = state.field("assignee", "Assigned to", isOptional: true)
    let due = state.field(
      "due_time", "Due", hint: LocalTime.hint(context.zone), isOptional: true)
    var buttons = [UI.button("Save assignment", style: .secondary)]
    if ticket.assignee != own, !own.isEmpty {
      buttons.append(
        UI.button("Assign to me", style: .ghost, icon: .user, name: "take", value: "me"))
    }
    return UI.card(
      "Assignment",
      body: UI.form(
        action: "\(url):assign", csrf: context.csrfToken, style: "form",
        body: """
          \(state.summary([who, due], reload: url))\(UI.hidden("etag", ticket.etag))\
          \(UI.select(
            who, options: options, selected: state.text("assignee", ticket.assignee),
            placeholder: "Unassigned"))\
          \(UI.textField(
            due, value: state.text("due_time", LocalTime.text(ticket.dueTime, in: context.zone)),
            type: .dateTime))\
          \(UI.actions(buttons))
          """))
  }

  var classify: HTML {
    guard content.may(.classify) else { return .empty }
    let state = forms.classify
    let title = state.field("ticket.title", "Title")
    var controls: [HTML] = [
      UI.textField(title, value: state.text("ticket.title", ticket.title), limit: 200)
    ]
    controls.append(choice(.priority, "ticket.priority", "Priority", ticket.priority))
    controls.append(choice(.ticketType, "ticket.type", "Type", ticket.type))
    controls.append(choice(.category, "ticket.category", "Category", ticket.category))
    controls.append(choice(.issueType, "ticket.issue_type", "Issue type", ticket.issueType))
    controls.append(subIssue)
    if let sites = content.sites {
      controls.append(
        list("ticket.site", "Site", sites.map { .init($0.name, $0.displayName) }, ticket.site))
    }
    if let assets = content.assets {
      func options(_ kind: Ticketing.AssetKind) -> [UI.Option] {
        assets.filter { $0.kind == kind }.map { .init($0.name, $0.displayName) }
      }
      controls.append(
        list("ticket.hardware_asset", "Hardware", options(.hardware), ticket.hardwareAsset))
      controls.append(
        list("ticket.software_asset", "Software", options(.software), ticket.softwareAsset))
    }
    return UI.card(
      "Classification",
      body: UI.form(
        action: "\(url):classify", csrf: context.csrfToken, style: "form",
        body: """
          \(state.summary([title], reload: url))\(UI.hidden("etag", ticket.etag))\(controls)\
          \(UI.actions([UI.button("Save classification", style: .secondary)]))
          """))
  }

  private func list(
    _ name: String, _ label: String, _ options: [UI.Option], _ current: String
  ) -> HTML {
    let state = forms.classify
    return UI.select(
      state.field(name, label, isOptional: true), options: options,
      selected: state.text(name, current), placeholder: "None")
  }

  private func choice(
    _ kind: Ticketing.CatalogKind, _ name: String, _ label: String, _ current: Ticketing.Choice?
  ) -> HTML {
    var options = content.catalog.filter { $0.kind == kind }.map {
      UI.Option($0.name, $0.displayName)
    }
    // A retired one is not offered any more, and stays where it was chosen.
    if let current, !current.name.isEmpty, !options.contains(where: { $0.value == current.name }) {
      options.append(.init(current.name, current.displayName))
    }
    return list(name, label, options, current?.name ?? "")
  }

  private var subIssue: HTML {
    let state = forms.classify
    let children = content.catalog.filter { $0.kind == .subIssueType }
    var groups = content.catalog.filter { $0.kind == .issueType }.map { issue in
      UI.OptionGroup(
        parent: issue.name, title: issue.displayName,
        options: children.filter { $0.parent == issue.name }.map { .init($0.name, $0.displayName) })
    }
    if let current = ticket.subIssueType, !current.name.isEmpty,
      !children.contains(where: { $0.name == current.name })
    {
      let parent = ticket.issueType?.name ?? ""
      groups.append(
        .init(
          parent: parent, title: ticket.issueType?.displayName ?? "Retired",
          options: [.init(current.name, current.displayName)]))
    }
    return UI.dependentSelect(
      state.field("ticket.sub_issue_type", "Sub-issue type", isOptional: true),
      groups: groups.filter { !$0.options.isEmpty },
      selected: state.text("ticket.sub_issue_type", ticket.subIssueType?.name ?? ""),
      dependsOn: "ticket.issue_type", placeholder: "None")
  }

  // MARK: Time

  var time: HTML {
    guard let time = content.time else {
      return UI.card(
        "Time", body: UI.callout(.warning, body: "<p>Time entries could not be loaded.</p>"))
    }
    let rows = time.timeEntries.map { entry in
      let kind = [entry.billable ? "billable" : nil, entry.public ? "public" : "internal"]
        .compactMap(\.self).joined(separator: ", ")
      return UI.TimelineItem(
        icon: .clock,
        text: """
          <strong>\(entry.authorDisplayName)</strong> \(UI.duration(minutes: Int64(entry.minutes))) \
          <span class="quiet">\(kind)</span>\(UI.paragraphs(entry.note))
          """, time: context.time(entry.startTime) ?? .empty)
    }
    let list: HTML =
      rows.isEmpty ? "<p class=\"quiet\">No time logged yet.</p>" : UI.timeline(rows)
    let total: HTML? =
      rows.isEmpty
      ? nil : "<p>In all \(UI.duration(minutes: Int64(time.totalMinutes)))</p>"
    return UI.card(
      "Time",
      body: "<div class=\"form\">\(list)\(total)\(when: content.may(.logTime), timeForm)</div>")
  }

  private var timeForm: HTML {
    let state = forms.time
    let minutes = state.field("time_entry.minutes", "Minutes")
    let start = state.field(
      "time_entry.start_time", "Begun at", hint: LocalTime.hint(context.zone), isOptional: true)
    let note = state.field("time_entry.note", "What was done", isOptional: true)
    return UI.form(
      action: "\(url)/timeEntries", csrf: context.csrfToken, style: "form",
      body: """
        \(state.summary([minutes, start, note], reload: url))\(state.requestID)\
        \(UI.textField(minutes, value: state.text(minutes.name), type: .number, isShort: true))\
        \(UI.textField(start, value: state.text(start.name), type: .dateTime))\
        \(UI.textArea(note, value: state.text(note.name), rows: 2, limit: 2000))\
        \(UI.checkbox(state.field("billable", "Billable"), isOn: state.isOn("billable", true)))\
        \(UI.checkbox(state.field("public", "The customer may see it"), isOn: state.isOn("public")))\
        \(UI.actions([UI.button("Log time", style: .secondary, icon: .clock)]))
        """)
  }
}
