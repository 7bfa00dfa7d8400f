(id => {
  const key = "course-prediction:" + id;
  const all = selector => document.querySelectorAll(`[data-course-q="${id}"] ${selector}`);
  const page = window.coursePredictions ??= {};  // where the browser stores nothing
  const recall = () => { try { return localStorage.getItem(key) ?? page[id]; } catch { return page[id]; } };
  const remember = value => {
    page[id] = value;
    try { localStorage.setItem(key, value); } catch { /* private mode */ }
  };
  const show = choice => {
    if (choice == null) return;
    all("input").forEach(input => { input.checked = input.value === choice; });
    all("[role=status]").forEach(line => { line.textContent = line.dataset.kept; });
    all("details[data-answer]").forEach(answer => {
      const chosen = answer.dataset.answer === choice;
      answer.classList.toggle("course-q-chosen", chosen);
      if (chosen) answer.open = true;
    });
  };
  document.querySelectorAll(`[data-course-q="${id}"]`).forEach((copy, number) => {
    copy.querySelectorAll("input").forEach(input => { input.name = `${id}-${number}`; });
  });
  all("input").forEach(input => {
    input.onchange = () => { remember(input.value); show(input.value); };
  });
  show(recall());
})(ID);
