(id => {
  const key = "course-prediction:" + id;
  const all = selector => document.querySelectorAll(`[data-course-q="${id}"] ${selector}`);
  const recall = () => { try { return localStorage.getItem(key); } catch { return null; } };
  const remember = value => { try { localStorage.setItem(key, value); } catch { /* private mode */ } };
  const show = choice => {
    if (choice === null) return;
    all("input").forEach(input => { input.checked = input.value === choice; });
    all("[role=status]").forEach(line => { line.textContent = line.dataset.kept; });
    all("details[data-answer]").forEach(answer => {
      const chosen = answer.dataset.answer === choice;
      answer.classList.toggle("course-q-chosen", chosen);
      if (chosen) answer.open = true;
    });
  };
  all("input").forEach(input => {
    input.onchange = () => { remember(input.value); show(input.value); };
  });
  show(recall());
})(ID);
