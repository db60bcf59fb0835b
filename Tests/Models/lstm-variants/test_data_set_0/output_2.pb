B	lengths.cJ 
{˜>•¾g>d­$<WTñ¾BÙ]¿ØH™¿8Á’¿æC+>